import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Redactor } from "../../../backend/domain/redact.ts";
import { Secret } from "../../../backend/domain/secret.ts";

const redact = (text: string, ...secrets: string[]) => new Redactor(secrets.map((secret) => new Secret(secret))).redact(text);
const base64 = (text: string) => Buffer.from(text).toString("base64");

const PASSWORD = 'pä$s/w+rd "<&>\'#1?';

describe("Redactor", () => {
    it.each<[string, string]>([
        ["as it is", PASSWORD],
        ["in JSON", JSON.stringify(PASSWORD).slice(1, -1)],
        ["in JSON with escaped slashes", JSON.stringify(PASSWORD).slice(1, -1).replaceAll("/", "\\/")],
        ["in Docker's JSON", JSON.stringify(PASSWORD).slice(1, -1).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026")],
        ["in a URL", encodeURIComponent(PASSWORD)],
        ["in a URL with lower-case escapes", encodeURIComponent(PASSWORD).toLowerCase()],
        ["in a form", new URLSearchParams({ p: PASSWORD }).toString().slice(2)],
        ["in what Compose prints", PASSWORD.replaceAll("$", "$$$$")],
        ["in a shell's trace", PASSWORD.replaceAll("'", "'\\''")],
        ["in hexadecimal digits", Buffer.from(PASSWORD).toString("hex")],
        ["in upper-case hexadecimal digits", Buffer.from(PASSWORD).toString("hex").toUpperCase()],
    ])("masks a value %s", (_, form) => {
        expect(redact(`before ${form} after`, PASSWORD)).toBe("before *** after");
    });

    it("masks a value in hexadecimal digits on several lines, as od and xxd break them", () => {
        const token = "a token that takes several lines of a dump";
        const hex = Buffer.from(token).toString("hex");
        for (const length of [32, 60]) {
            const lines = hex.replace(new RegExp(`.{${length}}`, "g"), "$&\n").split("\n");
            expect(lines.map((line) => redact(line, token))).toEqual(lines.map(() => "***"));
        }
    });

    it("masks a value whose control characters were taken out of the log", () => {
        expect(redact("pass-word1", "pa\x9bss-word1")).toBe("***");
        expect(redact("pass-word1", "pass\u0085-word1")).toBe("***");
    });

    it.each(["", "u", "us", "use", "user:", "x-access-token:"])("masks a value in Base64 after %j", (before) => {
        for (const after of ["", "a", "ab", "abc"]) {
            const redacted = redact(`Authorization: Basic ${base64(`${before}hunter2-hunter2${after}`)}`, "hunter2-hunter2");
            const rest = redacted.replace("Authorization: Basic ", "").split("***");
            expect(rest).toHaveLength(2);
            // What is left decodes to nothing of the value but the bits of its first and last byte.
            expect(rest.join("").length).toBeLessThanOrEqual(base64(before).length + base64(after).length + 4);
        }
        expect(redact(Buffer.from("???>>>???>>>").toString("base64url"), "???>>>???>>>")).toBe("***");
    });

    it("masks a secret of several lines line by line, and its Base64 as base64(1) breaks it", () => {
        const key = `-----BEGIN KEY-----\n${"QUJDRA".repeat(11)}\n${"WFlaMT".repeat(11)}\n-----END KEY-----\n`;
        for (const line of key.trim().split("\n")) {
            expect(redact(`  ${line}\r`, key)).toBe("  ***\r");
        }
        expect(redact(key.replaceAll("\n", "\r\n"), key)).not.toMatch(/QUJD|WFla/);
        expect(redact(JSON.stringify({ key }), key)).not.toMatch(/QUJD|WFla/);
        const wrapped = base64(key).match(/.{1,76}/g) ?? [];
        for (const line of wrapped.slice(0, -1)) {
            expect(redact(line, key)).toBe("***");
        }
    });

    it("leaves out what is too short to be told from ordinary text", () => {
        expect(redact("yes, abc is in abcd", "abc")).toBe("yes, abc is in abcd");
        expect(redact("yes, abcd", "abcd", "")).toBe("yes, ***");
    });

    it("masks the longest value, and what overlaps or touches as one", () => {
        expect(redact("xx secret-token-long xx", "secret", "secret-token-long", "token")).toBe("xx *** xx");
        expect(redact("abcdefgh", "abcdef", "defgh")).toBe("***");
        expect(redact("abcdefgh!", "abcd", "efgh")).toBe("***!");
        expect(redact("aaaaaaa", "aaaa")).toBe("***");
    });

    it("masks values that are added later", () => {
        const redactor = new Redactor();
        expect(redactor.redact("late-secret")).toBe("late-secret");
        redactor.add([new Secret("late-secret")]);
        expect(redactor.redact("late-secret")).toBe("***");
    });

    it("copes with halves of surrogate pairs", () => {
        expect(redact("x \ud83dabcd x", "\ud83dabcd")).toBe("x *** x");
    });

    it("never lets a value through, whatever stands around it", () => {
        const text = fc.string({ unit: fc.constantFrom("a", "b", "$", "%", "=", "/", "\"", "\\", " "), maxLength: 30 });
        fc.assert(
            fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "$", "%", "/", "\"", "\\"), minLength: 4, maxLength: 12 }), { minLength: 1, maxLength: 4 }), text, text, (secrets, before, after) => {
                for (const secret of secrets) {
                    const redacted = redact(`${before}${secret}${after}${encodeURIComponent(secret)}${JSON.stringify(secret)}`, ...secrets);
                    secrets.forEach((value) => expect(redacted).not.toContain(value));
                }
            }),
        );
    });

    it("takes linear time", () => {
        const redactor = new Redactor(Array.from({ length: 200 }, (_, index) => new Secret(`${"a".repeat(40)}${index}`)));
        // Every letter may begin each of the secrets: in quadratic time this would never end.
        expect(redactor.redact("a".repeat(2_000_000))).toHaveLength(2_000_000);
    });
});
