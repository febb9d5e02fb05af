import type { ErrorCode } from "../../../common/error-codes.ts";

/** Codes that only the browser knows: the server was not there to say anything. */
export type ClientErrorCode = ErrorCode | "NO_ANSWER" | "CONNECTION_LOST" | "REFUSED" | "AGENT_SILENT" | "AGENT_OFFLINE";

/** A text of ours, to be shown in the language of the page. */
export interface TextReference {
    readonly key: string;
    readonly values?: Readonly<Record<string, string>>;
}

/** A call that did not succeed, with the server's own sentence. `facts` are details for the person who wants them. */
export class ServerError extends Error {
    readonly code: ClientErrorCode;
    readonly facts: Record<string, unknown>;
    /** Shown instead of the message, where the sentence is the browser's own or one that we know. */
    readonly text: TextReference | null;

    constructor(code: ClientErrorCode, message: string, facts: Record<string, unknown> = {}, text: TextReference | null = null) {
        super(message);
        this.name = "ServerError";
        this.code = code;
        this.facts = facts;
        this.text = text;
    }
}

/** What the browser found out by itself. @param text without it, what the code means */
export function ownError(code: ClientErrorCode, facts: Record<string, unknown> = {}, text: TextReference = { key: `errors.${code}` }): ServerError {
    return new ServerError(code, text.key, facts, text);
}

export function toServerError(thrown: unknown): ServerError {
    if (thrown instanceof ServerError) {
        return thrown;
    }
    return new ServerError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown));
}
