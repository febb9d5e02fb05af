import { describe, expect, it } from "vitest";
import { readAnswer } from "../../frontend/src/server/read-answer.ts";

describe("an answer that refuses", () => {
    it.each([
        ["a weak password by the rule that stands beside the field", { code: "INPUT_INVALID", msg: "Password is too weak. It should contain alphabetic and numeric characters. It must be at least 6 characters in length." }, "setup.passwordHint"],
        ["a wrong code, of whichever kind", { code: "CODE_INVALID", msg: "authInvalidToken" }, "refusals.wrongCode"],
        ["a wrong password, with a code of its own", { code: "CREDENTIALS_INVALID", msg: "authIncorrectCreds" }, "refusals.authIncorrectCreds"],
    ])("explains %s", (_name, { code, msg }, key) => {
        expect(() => readAnswer({ ok: false, msg, msgi18n: true, code }, "changePassword")).toThrow(expect.objectContaining({ code, text: { key } }) as Error);
    });
});
