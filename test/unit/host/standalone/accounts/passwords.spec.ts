import { describe, expect, it } from "vitest";
import { hashPassword, isPasswordRight, passwordMark, requireStrongPassword } from "../../../../../backend/host/standalone/accounts/passwords.ts";

describe("requireStrongPassword", () => {
    it.each(["", "a1", "abcdef", "123456", "ABCDEF"])("refuses %j", (password) => {
        expect(() => requireStrongPassword(password)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    });

    it("refuses what bcrypt would cut off", () => {
        expect(() => requireStrongPassword(`${"a1".repeat(36)}`)).not.toThrow();
        expect(() => requireStrongPassword(`${"a1".repeat(36)}x`)).toThrow("at most 72 bytes");
        expect(() => requireStrongPassword(`a1${"ü".repeat(36)}`)).toThrow("at most 72 bytes");
    });
});

describe("isPasswordRight", () => {
    it("reads the hashes of Dockge's own bcrypt", async () => {
        // bcryptjs 2.x, which Dockge has, writes the same hashes under an older prefix.
        const hash = (await hashPassword("abc123!")).replace(/^\$2b\$/, "$2a$");
        await expect(isPasswordRight("abc123!", hash)).resolves.toBe(true);
        await expect(isPasswordRight("abc123?", hash)).resolves.toBe(false);
    });

    it("is false for nobody", async () => {
        await expect(isPasswordRight("abc123!", null)).resolves.toBe(false);
    });
});

describe("passwordMark", () => {
    it("is SHAKE256 of 16 bytes in hex, as in Dockge's tokens", () => {
        // printf %s 'hello' | openssl dgst -shake256 -xoflen 16
        expect(passwordMark("hello")).toBe("1234075ae4a1e77316cf2d8000974581");
    });
});
