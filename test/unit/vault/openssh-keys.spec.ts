import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../backend/domain/secret.ts";
import { encodeOpenSshKey } from "../../../backend/vault/openssh-format.ts";
import { OpenSshKeys } from "../../../backend/vault/openssh-keys.ts";
import { RSA_FINGERPRINT, RSA_UNDER_DES, RSA_UNDER_RC2 } from "../../fixtures/outdated-keys.ts";

const keys = new OpenSshKeys();
let directory: string;
beforeAll(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "keys-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What ssh-keygen itself reads from a private key. */
function publicHalf(privateKey: string): string {
    const file = path.join(directory, "key");
    writeFileSync(file, privateKey, { mode: 0o600 });
    return execFileSync("ssh-keygen", ["-y", "-P", "", "-f", file], { encoding: "utf8" }).trim();
}

function fingerprintBySshKeygen(publicKey: string): string {
    return spawnSync("ssh-keygen", ["-lf", "-"], { input: `${publicKey}\n`, encoding: "utf8" }).stdout.split(" ")[1] ?? "";
}

function makeKey(name: string, ...argv: string[]): { text: string; publicKey: string } {
    const file = path.join(directory, name);
    execFileSync("ssh-keygen", ["-q", "-C", "made", "-f", file, ...argv]);
    return { text: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
}

const withoutComment = (line: string) => line.split(" ").slice(0, 2).join(" ");

describe("generated keys are what ssh-keygen reads", () => {
    it.each(["ed25519", "rsa2048"] as const)("%s", async (type) => {
        const key = await keys.generate(type, "stack blog\nssh-rsa EVIL");
        expect(key.publicKey).toMatch(/ stack-blog-ssh-rsa-EVIL$/);
        expect(publicHalf(key.privateKey.reveal())).toBe(key.publicKey);
        expect(fingerprintBySshKeygen(key.publicKey)).toBe(key.fingerprint);
        expect(keys.fingerprint(key.publicKey)).toBe(key.fingerprint);
        expect(JSON.stringify(key)).not.toContain("OPENSSH");
    });

    it("also with a seed and a public half that begin with zeros", () => {
        const pkcs8 = (seed: Buffer) => createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]), format: "der", type: "pkcs8" });
        let checked = 0;
        for (let index = 0; checked < 2 && index < 5000; index++) {
            const seed = Buffer.alloc(32);
            seed.writeUInt32BE(index, 28);
            const jwk = pkcs8(seed).export({ format: "jwk" });
            if (Buffer.from(jwk.x ?? "", "base64url")[0] !== 0) {
                continue;
            }
            checked += 1;
            const encoded = encodeOpenSshKey(jwk, "c");
            const line = `ssh-ed25519 ${encoded?.publicBlob.toString("base64") ?? ""} c`;
            expect(publicHalf(encoded?.privateKey ?? "")).toBe(line);
            expect(keys.import(new Secret(encoded?.privateKey ?? ""), null, "c").publicKey).toBe(line);
        }
        expect(checked).toBe(2);
    });
});

describe("pasted keys", () => {
    it.each([
        ["ed25519", ["-t", "ed25519"]],
        ["rsa", ["-t", "rsa", "-b", "2048"]],
        ["ecdsa", ["-t", "ecdsa", "-b", "521"]],
        ["rsa as PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
        ["rsa as PKCS8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
        ["ecdsa as PEM", ["-t", "ecdsa", "-b", "256", "-m", "PEM"]],
    ])("%s, with and without a passphrase", (name, argv) => {
        for (const phrase of ["", "correct horse"]) {
            const made = makeKey(`${name.replaceAll(" ", "-")}-${phrase.length}`, ...argv, "-N", phrase);
            const pasted = new Secret(made.text.trim().replaceAll("\n", "\r\n"));
            const imported = keys.import(pasted, phrase === "" ? null : new Secret(phrase), "made");
            expect(imported.publicKey).toBe(made.publicKey);
            expect(publicHalf(imported.privateKey.reveal())).toMatch(withoutComment(made.publicKey));
            expect(imported.fingerprint).toBe(fingerprintBySshKeygen(made.publicKey));
            if (phrase !== "") {
                expect(() => keys.import(pasted, null, "c")).toThrow(/Enter its passphrase/);
                expect(() => keys.import(pasted, new Secret("wrong"), "c")).toThrow(expect.objectContaining({ code: "SSH_PASSPHRASE_WRONG" }));
            }
        }
    });

    it("an RSA key under single DES, which OpenSSL 3 no longer reads", () => {
        const imported = keys.import(new Secret(RSA_UNDER_DES), new Secret("secret"), "old");
        expect(publicHalf(imported.privateKey.reveal())).toMatch(withoutComment(imported.publicKey));
        expect(imported.fingerprint).toBe(RSA_FINGERPRINT);
        expect(() => keys.import(new Secret(RSA_UNDER_DES), new Secret("wrong"), "c")).toThrow(expect.objectContaining({ code: "SSH_PASSPHRASE_WRONG" }));
        expect(() => keys.import(new Secret(RSA_UNDER_RC2), new Secret("secret"), "c")).toThrow(/outdated cipher/);
    });

    it("says what is wrong with anything else", () => {
        const made = makeKey("broken", "-t", "ed25519", "-N", "");
        const refusal = (text: string) => {
            try {
                keys.import(new Secret(text), null, "c");
            } catch (error) {
                return error;
            }
            return null;
        };
        expect(refusal(made.publicKey)).toMatchObject({ code: "SSH_KEY_INVALID", message: expect.stringContaining("public half") });
        expect(refusal("hello")).toMatchObject({ code: "SSH_KEY_INVALID" });
        expect(refusal(made.text.slice(0, 200))).toMatchObject({ code: "SSH_KEY_INVALID" });
        expect(refusal(made.text.replace(/[A-Z]{3}/g, "AAA"))).toMatchObject({ code: "SSH_KEY_INVALID" });
        expect(refusal(makeKey("short", "-t", "rsa", "-b", "1024", "-N", "").text)).toMatchObject({ message: expect.stringContaining("2048") });
    });
});
