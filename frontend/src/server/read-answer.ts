import { ServerError, type ClientErrorCode } from "./server-error.ts";

/** Dockge answers some failures with a key instead of a sentence. */
const DOCKGE_SENTENCES: Record<string, string> = {
    authIncorrectCreds: "The username or password is wrong.",
    authInvalidToken: "You are no longer logged in.",
    authUserInactiveOrDeleted: "This user no longer exists.",
};

/** Dockge has one key for a wrong code and for a log-in that is over. */
const WRONG_CODE = "This code is wrong, or was used before. Wait for the next one.";

function sentence(msg: unknown): string {
    if (typeof msg === "string") {
        return DOCKGE_SENTENCES[msg] ?? msg;
    }
    const key = (msg as { key?: unknown } | null | undefined)?.key;
    return typeof key === "string" ? (DOCKGE_SENTENCES[key] ?? key) : "The server refused without saying why.";
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
    throw new ServerError(code, code === "CODE_INVALID" && fields["msg"] === "authInvalidToken" ? WRONG_CODE : sentence(fields["msg"]), (fields["data"] as Record<string, unknown> | undefined) ?? {});
}
