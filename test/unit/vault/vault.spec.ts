import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../backend/domain/secret.ts";
import { forgetPreviousKeyFile, rotateKeyFile } from "../../../backend/vault/secret-key.ts";
import { loadVault } from "../../../backend/vault/vault.ts";

let directory: string;
beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "vault-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const keyText = () => randomBytes(32).toString("base64");
const vaultWith = (secretKey?: string, previousSecretKeys: string[] = []) => loadVault({ directory, secretKey, previousSecretKeys });
const context = "git_repositories:1:token";

describe("sealing", () => {
    it("opens what it sealed, and never gives the same text twice", () => {
        const vault = vaultWith(keyText());
        const first = vault.seal(new Secret("ghp_ünïcode"), context);
        expect(first).toMatch(/^enc:v1:[0-9a-f]{12}:[A-Za-z0-9_-]+$/);
        expect(first).not.toContain("ghp_");
        expect(vault.seal(new Secret("ghp_ünïcode"), context)).not.toBe(first);
        expect(vault.open(first, context).reveal()).toBe("ghp_ünïcode");
        expect(vault.open(vault.seal(new Secret(""), context), context).isEmpty).toBe(true);
    });

    it("does not open in another place", () => {
        const vault = vaultWith(keyText());
        const sealed = vault.seal(new Secret("x"), context);
        expect(() => vault.open(sealed, "git_repositories:2:token")).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
    });

    it("notices every altered byte", () => {
        const vault = vaultWith(keyText());
        const sealed = vault.seal(new Secret("some secret"), context);
        const start = sealed.lastIndexOf(":") + 1;
        const bytes = Buffer.from(sealed.slice(start), "base64url");
        for (let index = 0; index < bytes.length; index++) {
            const changed = Buffer.from(bytes);
            changed[index] = (changed[index] ?? 0) ^ 1;
            expect(() => vault.open(sealed.slice(0, start) + changed.toString("base64url"), context)).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
        }
    });

    it.each(["", "plain", "enc:v2:000000000000:AAAA", "enc:v1:000000000000:AAAA", "enc:v1::"])("refuses %j", (sealed) => {
        expect(() => vaultWith(keyText()).open(sealed, context)).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
    });
});

describe("keys", () => {
    it("reads with a former key, and calls that stale", () => {
        const [old, current] = [keyText(), keyText()];
        const sealed = vaultWith(old).seal(new Secret("x"), context);
        const vault = vaultWith(current, [old]);
        expect(vault.isStale(sealed)).toBe(true);
        expect(vault.open(sealed, context).reveal()).toBe("x");
        expect(vault.isStale(vault.seal(new Secret("x"), context))).toBe(false);
        expect(() => vaultWith(current).open(sealed, context)).toThrow(/GIT_DEPLOY_PREVIOUS_SECRET_KEYS/);
    });

    it("makes a key file that only the owner reads, once", () => {
        const sealed = vaultWith().seal(new Secret("x"), context);
        expect(statSync(path.join(directory, "secret.key")).mode & 0o777).toBe(0o600);
        expect(vaultWith().open(sealed, context).reveal()).toBe("x");
    });

    it("goes on reading when the key moves from the file to the settings", () => {
        const sealed = vaultWith().seal(new Secret("x"), context);
        const vault = vaultWith(keyText());
        expect(vault.open(sealed, context).reveal()).toBe("x");
        expect(vault.isStale(sealed)).toBe(true);
    });

    it("rotates the key file in two steps", () => {
        const sealed = vaultWith().seal(new Secret("x"), context);
        rotateKeyFile(directory);
        expect(() => rotateKeyFile(directory)).toThrow(expect.objectContaining({ code: "SECRET_KEY_INVALID" }));
        const vault = vaultWith();
        const resealed = vault.seal(vault.open(sealed, context), context);
        forgetPreviousKeyFile(directory);
        expect(vaultWith().open(resealed, context).reveal()).toBe("x");
        expect(() => vaultWith().open(sealed, context)).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
    });

    it("takes hexadecimal and both kinds of Base64", () => {
        const bytes = randomBytes(32);
        const sealed = vaultWith(bytes.toString("hex")).seal(new Secret("x"), context);
        expect(vaultWith(bytes.toString("base64")).open(sealed, context).reveal()).toBe("x");
        expect(vaultWith(bytes.toString("base64url")).open(sealed, context).reveal()).toBe("x");
    });

    it.each(["a_random_secret", "0".repeat(64), "abc", "x".repeat(43)])("refuses the key %j", (key) => {
        expect(() => vaultWith(key)).toThrow(expect.objectContaining({ code: "SECRET_KEY_INVALID" }));
    });

    it("refuses a key file that others can read, a link and a malformed one", () => {
        const file = path.join(directory, "secret.key");
        vaultWith();
        chmodSync(file, 0o640);
        expect(() => vaultWith()).toThrow(/chmod 600/);
        chmodSync(file, 0o600);
        const content = readFileSync(file, "utf8");
        writeFileSync(file, content.slice(0, 10));
        expect(() => vaultWith()).toThrow(expect.objectContaining({ code: "SECRET_KEY_INVALID" }));
        rmSync(file);
        writeFileSync(path.join(directory, "elsewhere"), content, { mode: 0o600 });
        symlinkSync("elsewhere", file);
        expect(() => vaultWith()).toThrow(expect.objectContaining({ code: "SECRET_KEY_INVALID" }));
    });
});
