import { commitSha, refName } from "../../common/schemas.ts";
import { DeployError } from "../domain/errors.ts";
import { formField } from "./form.ts";
import type { WebhookHeaders } from "./provider.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Of a form, where the JSON is. */
const FIELD = "payload";

/**
 * The JSON text of a delivery: the body itself, or what lies in `payload=` of a form.
 * @throws PAYLOAD_INVALID when the body is no UTF-8 or the form has no payload
 */
export function payloadText(headers: WebhookHeaders, body: Buffer): string {
    if (!isForm(headers)) {
        return decode(body);
    }
    const payload = formField(body, FIELD);
    if (payload === null) {
        throw invalid("The form has no field named payload. Choose application/json as the content type of the webhook.");
    }
    return decode(payload);
}

/** The bytes that Gitea, Forgejo and Gogs sign: the JSON, also when it travels inside a form. */
export function jsonBytes(headers: WebhookHeaders, body: Buffer): Buffer {
    return isForm(headers) ? (formField(body, FIELD) ?? Buffer.alloc(0)) : body;
}

function isForm(headers: WebhookHeaders): boolean {
    return (headers["content-type"] ?? "").trim().toLowerCase().startsWith("application/x-www-form-urlencoded");
}

function decode(body: Buffer): string {
    try {
        return utf8.decode(body);
    } catch (error) {
        throw invalid("The body is not valid UTF-8.", error);
    }
}

/** A JSON object of somebody else: nothing in it can be relied on. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws PAYLOAD_INVALID unless the text is one JSON object */
export function parseObject(text: string): JsonObject {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw invalid("The body is not valid JSON.", error);
    }
    if (!isObject(value)) {
        throw invalid("The body is not a JSON object.");
    }
    return value;
}

/** What lies at a path, or undefined when the way there is missing. */
export function at(value: unknown, ...path: string[]): unknown {
    return path.reduce<unknown>((here, key) => (isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined), value);
}

/** Text that is not empty, or null. */
export function textAt(value: unknown, ...path: string[]): string | null {
    const found = at(value, ...path);
    return typeof found === "string" && found !== "" ? found : null;
}

export function idAt(value: unknown, ...path: string[]): number | string | null {
    const found = at(value, ...path);
    return typeof found === "number" || (typeof found === "string" && found !== "") ? found : null;
}

export function flagAt(value: unknown, ...path: string[]): boolean | null {
    const found = at(value, ...path);
    return typeof found === "boolean" ? found : null;
}

/** null when there is no list. */
export function listAt(value: unknown, ...path: string[]): unknown[] | null {
    const found = at(value, ...path);
    return Array.isArray(found) ? found : null;
}

/** A number such as a pull request's. @throws PAYLOAD_INVALID */
export function numberAt(value: unknown, ...path: string[]): number {
    const found = at(value, ...path);
    if (typeof found !== "number") {
        throw invalid(`The field ${path.join(".")} is missing.`);
    }
    return found;
}

/** A commit id; null when it is missing or all zeros, which stand for "no commit". @throws PAYLOAD_INVALID for anything else */
export function commitAt(value: unknown, ...path: string[]): string | null {
    const found = at(value, ...path);
    if (found === undefined || found === null || found === "" || (typeof found === "string" && /^0+$/.test(found))) {
        return null;
    }
    const parsed = commitSha.safeParse(found);
    if (!parsed.success) {
        throw invalid(`The field ${path.join(".")} is not the full id of a commit.`);
    }
    return parsed.data;
}

export interface Ref {
    /** Full, such as `refs/heads/main`. */
    ref: string;
    refType: "branch" | "tag";
    name: string;
}

/** A full ref in its parts; null for what is neither branch nor tag. @throws PAYLOAD_INVALID for a name that Git does not allow */
export function readRef(ref: string | null): Ref | null {
    if (ref === null) {
        throw invalid("The payload does not name a branch or tag.");
    }
    const parts = /^refs\/(heads|tags)\/(.*)$/s.exec(ref);
    if (parts === null) {
        return null;
    }
    return makeRef(parts[1] === "tags" ? "tag" : "branch", parts[2] ?? "");
}

/** @throws PAYLOAD_INVALID for a name that Git does not allow */
export function makeRef(refType: Ref["refType"], name: string): Ref {
    if (!refName.safeParse(name).success) {
        throw invalid("The payload names a branch or tag that Git does not allow.");
    }
    return { ref: `refs/${refType === "tag" ? "tags" : "heads"}/${name}`, refType, name };
}

export function invalid(message: string, cause?: unknown): DeployError {
    return new DeployError("PAYLOAD_INVALID", message, { cause });
}

function isObject(value: unknown): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
