import type { ErrorCode } from "../../../common/error-codes.ts";

/** Codes that only the browser knows: the server was not there to say anything. */
export type ClientErrorCode = ErrorCode | "NO_ANSWER" | "CONNECTION_LOST" | "REFUSED" | "AGENT_SILENT" | "AGENT_OFFLINE";

/** A call that did not succeed, with the server's own sentence. `facts` are details for the person who wants them. */
export class ServerError extends Error {
    readonly code: ClientErrorCode;
    readonly facts: Record<string, unknown>;

    constructor(code: ClientErrorCode, message: string, facts: Record<string, unknown> = {}) {
        super(message);
        this.name = "ServerError";
        this.code = code;
        this.facts = facts;
    }
}

export function toServerError(thrown: unknown): ServerError {
    if (thrown instanceof ServerError) {
        return thrown;
    }
    return new ServerError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown));
}
