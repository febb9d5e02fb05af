import type { z } from "zod";
import { OPEN_EVENTS } from "../../../common/account-wire.ts";
import type { Failure } from "../../../common/wire.ts";
import { DeployError, toDeployError } from "../../domain/errors.ts";
import type { Logger } from "../../domain/ports.ts";
import { dockgeFailureAnswer, serverStopping } from "../failure.ts";
import type { Session } from "./session.ts";

type Events = Record<string, z.ZodTuple>;

/** One handler for each event of a list, with the arguments as its schema reads them. */
export type EventHandlers<E extends Events> = { [Name in keyof E]: (args: z.output<E[Name]>, session: Session) => Promise<unknown> };

interface Registered {
    /** Dockge's account events stay outside of the agent envelope. */
    isInEnvelope: boolean;
    run: (args: unknown[], session: Session) => Promise<unknown>;
}

/** A call in Dockge's agent envelope that is not, or not only, for this server. */
export interface EnvelopeCall {
    endpoint: string;
    event: string;
    args: unknown[];
    isAnswerExpected: boolean;
    /** The same call, answered by this server. Never rejects. */
    runHere: () => Promise<unknown>;
}

export type Forward = (session: Session, call: EnvelopeCall) => Promise<unknown>;

/** Instead of an answer: the acknowledgement is not called. Dockge's page takes any answer to what is typed for a failure. */
export const NO_ANSWER = Symbol("no answer");

/** From an event's name and arguments, of which nothing is known, to the one answer that every call gets. */
export class Dispatcher {
    readonly #events = new Map<string, Registered>();
    readonly #logger: Logger;
    #forward: Forward | null = null;
    #isClosing = false;

    constructor(logger: Logger) {
        this.#logger = logger;
    }

    /** `check` looks at the arguments before their schema does, to answer with a code of its own. */
    register<E extends Events>(schemas: E, handlers: EventHandlers<E>, options: { isInEnvelope: boolean; check?: (args: unknown[]) => void }): void {
        for (const name of Object.keys(schemas) as (keyof E & string)[]) {
            const [schema, handler] = [schemas[name], handlers[name]];
            if (schema !== undefined && handler !== undefined) {
                this.#events.set(name, {
                    isInEnvelope: options.isInEnvelope,
                    run: async (args, session) => {
                        options.check?.(args);
                        return await handler(readArguments(schema, args) as z.output<E[keyof E & string]>, session);
                    },
                });
            }
        }
    }

    /** A verb of the core, which checks its own arguments. */
    add(event: string, run: Registered["run"]): void {
        this.#events.set(event, { isInEnvelope: true, run });
    }

    /** Who asks other servers. */
    forwardWith(forward: Forward): void {
        this.#forward = forward;
    }

    /** From now on calls are refused. */
    close(): void {
        this.#isClosing = true;
    }

    /** Never rejects; the result is what the acknowledgement is called with, unless it is NO_ANSWER. */
    async call(session: Session, event: string, args: unknown[], isAnswerExpected = true): Promise<unknown> {
        try {
            if (this.#isClosing) {
                throw serverStopping();
            }
            return event === "agent" ? await this.#open(session, args, isAnswerExpected) : await this.#run(session, event, args, false);
        } catch (thrown) {
            return this.failure(event, thrown);
        }
    }

    failure(event: string, thrown: unknown): Failure & { msgi18n: true } {
        const error = toDeployError(thrown);
        if (error.code === "INTERNAL") {
            this.#logger.error({ err: thrown, event }, "a call failed");
        }
        return dockgeFailureAnswer(error);
    }

    async #open(session: Session, [endpoint, event, ...args]: unknown[], isAnswerExpected: boolean): Promise<unknown> {
        session.requireUser();
        if (typeof endpoint !== "string" || typeof event !== "string") {
            throw new DeployError("INPUT_INVALID", "The agent envelope is: endpoint, event, arguments.");
        }
        const isOwn = endpoint === "" || endpoint === session.endpoint;
        if (isOwn || this.#forward === null) {
            return await this.#run(session, event, args, true);
        }
        const runHere = async () => await this.#run(session, event, args, true).catch((thrown: unknown) => this.failure(event, thrown));
        return await this.#forward(session, { endpoint, event, args, isAnswerExpected, runHere });
    }

    async #run(session: Session, event: string, args: unknown[], isInEnvelope: boolean): Promise<unknown> {
        if (!OPEN_EVENTS.has(event) || isInEnvelope) {
            session.requireUser();
        }
        const registered = this.#events.get(event);
        if (registered === undefined || (isInEnvelope && !registered.isInEnvelope)) {
            throw new DeployError("NOT_FOUND", "This server does not know the event.");
        }
        return await registered.run(args, session);
    }
}

/** @throws INPUT_INVALID, naming the first argument that is wrong */
function readArguments(schema: z.ZodTuple, args: unknown[]): unknown {
    const parsed = schema.safeParse(args.slice(0, schema.def.items.length));
    if (parsed.success) {
        return parsed.data;
    }
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? "" : `argument ${issue.path.map((part) => (typeof part === "number" ? part + 1 : String(part))).join(".")}: `;
    throw new DeployError("INPUT_INVALID", `The call is not right: ${where}${issue?.message ?? "unexpected arguments"}`);
}
