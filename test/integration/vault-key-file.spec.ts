import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "../../backend/domain/secret.ts";
import { loadVault } from "../../backend/vault/vault.ts";

it("servers that start at once end up with one key", async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "vault-race-"));
    const vaultFile = path.resolve(import.meta.dirname, "../../backend/vault/vault.ts");
    const secretFile = path.resolve(import.meta.dirname, "../../backend/domain/secret.ts");
    const program = `
        const { loadVault } = await import(${JSON.stringify(vaultFile)});
        const { Secret } = await import(${JSON.stringify(secretFile)});
        process.stdout.write(loadVault({ directory: ${JSON.stringify(directory)}, secretKey: undefined, previousSecretKeys: [] }).seal(new Secret("x"), "c"));
    `;
    const run = promisify(execFile);
    const sealed = await Promise.all([1, 2, 3].map(async () => (await run(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program])).stdout));
    const vault = loadVault({ directory, secretKey: undefined, previousSecretKeys: [] });
    expect(sealed.map((text) => vault.open(text, "c").reveal())).toEqual(["x", "x", "x"]);
    expect(vault.isStale(vault.seal(new Secret("x"), "c"))).toBe(false);
    expect(readdirSync(directory)).toEqual(["secret.key"]);
    rmSync(directory, { recursive: true, force: true });
});
