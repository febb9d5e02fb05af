import { ownError, ServerError, type ClientErrorCode } from "./server-error.ts";

/** Dockge answers some failures with a key instead of a sentence. */
const DOCKGE_KEYS = ["authIncorrectCreds", "authInvalidToken", "authUserInactiveOrDeleted"];
/** Dockge's sentence, which asks for more than its own rule; ours is told beside the field. */
const WEAK_PASSWORD = /^Password is too weak\b/;

function refusal(code: ClientErrorCode, msg: unknown, facts: Record<string, unknown>): ServerError {
    const said = typeof msg === "string" ? msg : (msg as { key?: unknown } | null | undefined)?.key;
    if (typeof said !== "string") {
        return ownError(code, facts, { key: "refusals.noReason" });
    }
    if (WEAK_PASSWORD.test(said)) {
        return ownError(code, facts, { key: "setup.passwordHint" });
    }
    // Dockge has one key for a wrong code and for a log-in that is over.
    const key = code === "CODE_INVALID" && said === "authInvalidToken" ? "wrongCode" : DOCKGE_KEYS.find((known) => known === said);
    return key === undefined ? new ServerError(code, said, facts) : ownError(code, facts, { key: `refusals.${key}` });
}

/** Unpacks `{ok, msg?, …}`. @throws ServerError when `ok` is not true */
export function readAnswer(answer: unknown, event: string): Record<string, unknown> {
    const fields = (answer ?? {}) as Record<string, unknown>;
    if (fields["ok"] === true) {
        return fields;
    }
    // Dockge's only answer without `ok`: the password is right, a code is needed as well.
    if (event === "login" && fields["tokenRequired"] === true) {
        return fields;
    }
    const code = typeof fields["code"] === "string" ? (fields["code"] as ClientErrorCode) : "REFUSED";
    throw refusal(code, fields["msg"], (fields["data"] as Record<string, unknown> | undefined) ?? {});
}
