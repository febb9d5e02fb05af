import { z } from "zod";
import type { ErrorCode } from "../../../common/error-codes.ts";
import { DeployError } from "../../domain/errors.ts";
import type { Caller } from "../../services/caller.ts";
import type { RawRequest, RawResponse } from "../host.ts";
import { parseInput } from "../parse-input.ts";
import { requireStackName } from "../stacks/stack-name.ts";

/** `token`: an API token. `token-or-loopback`: also a program on this very machine. */
export type Access = "public" | "token" | "token-or-loopback";

export interface RestResponse {
    description: string;
    schema?: z.ZodType;
    /** Default `application/json`. */
    contentTypes?: string[];
}

/** One route: what serves it and what `/api/openapi.json` says about it come from the same place. */
export interface RestRoute {
    method: "GET" | "PUT" | "POST" | "DELETE";
    path: string;
    tag: string;
    summary: string;
    description?: string;
    access: Access;
    maxBytes?: number;
    query?: z.ZodObject;
    body?: z.ZodType;
    /** The answers that are not errors, by status. */
    responses: Record<number, RestResponse>;
    /** Besides those that every route of its access can answer. */
    errors: ErrorCode[];
    answer: (request: RawRequest, caller: Caller) => Promise<RawResponse>;
}

interface Call<Q extends z.ZodObject, B extends z.ZodType> {
    request: RawRequest;
    caller: Caller;
    query: z.output<Q>;
    body: z.output<B>;
    /** A `{name}` part of the path; the `stack` one is valid as a name. */
    param: (name: string) => string;
}

type Definition<Q extends z.ZodObject, B extends z.ZodType> = Omit<RestRoute, "query" | "body" | "answer"> & {
    query?: Q;
    body?: B;
    answer: (call: Call<Q, B>) => Promise<RawResponse>;
};

const NO_QUERY = z.object({}).strict();

/** Ties what a route's handler gets to the schemas it declares. */
export function route<Q extends z.ZodObject = z.ZodObject<Record<never, never>>, B extends z.ZodType = z.ZodUndefined>(definition: Definition<Q, B>): RestRoute {
    const { query, body } = definition;
    return {
        ...definition,
        answer: async (request, caller) => {
            const stack = "stack" in request.params ? requireStackName(request.params["stack"]) : "";
            return await definition.answer({
                request,
                caller,
                query: readQuery(definition, request.query) as z.output<Q>,
                body: (body === undefined ? undefined : parseInput(body, readJson(request.body))) as z.output<B>,
                param: (name) => (name === "stack" ? stack : (request.params[name] ?? "")),
            });
        },
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body }),
    };
}

export function json(status: number, body: object, headers: Record<string, string> = {}): RawResponse {
    return { status, headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers }, body: JSON.stringify(body) };
}

/** A monitoring service may add parameters of its own to a public address; those of the API are checked. */
function readQuery(definition: { access: Access; query?: z.ZodType }, given: URLSearchParams): unknown {
    if (definition.query === undefined && definition.access !== "token") {
        return {};
    }
    const values = Object.fromEntries([...new Set(given.keys())].map((name) => [name, given.getAll(name).join(",")]));
    return parseInput(definition.query ?? NO_QUERY, values);
}

/** No body at all is an empty object. @throws INPUT_INVALID */
function readJson(body: Buffer): unknown {
    if (body.length === 0) {
        return {};
    }
    try {
        return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    } catch (thrown) {
        throw new DeployError("INPUT_INVALID", "The body is not JSON. Send an object in UTF-8 with content-type application/json.", { cause: thrown });
    }
}
