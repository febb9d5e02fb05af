import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import bcrypt from "bcryptjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDataDirectory } from "../../backend/adapters/data-directory-lock.ts";
import { hashApiToken } from "../../backend/domain/api-token.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { countSealed, resealAll, SEALED_COLUMNS } from "../../backend/store/sealed-columns.ts";
import { rotateKeyFile } from "../../backend/vault/secret-key.ts";
import { loadVault } from "../../backend/vault/vault.ts";
import { aBuildConfig, aRelease, aRepository } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const root = path.join(import.meta.dirname, "../..");

describe("commands over a data folder", () => {
    let world: TemporaryDatabase;
    beforeEach(async () => {
        world = await temporaryDatabase();
    });
    afterEach(() => world.remove());

    async function command(name: string, args: string[], input = "", env: Record<string, string> = {}) {
        const child = spawn(process.execPath, ["--import", "tsx", path.join(root, "extra", `${name}.ts`), ...args], {
            cwd: root,
            env: { PATH: process.env["PATH"] ?? "", DOCKGE_DATA_DIR: world.directory, ...env },
            stdio: "pipe",
        });
        child.stdin.end(input);
        const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
        return { code: child.exitCode, stdout, stderr };
    }

    const keys = path.join("git-deploy", "secret.key");
    const keyFile = async () => await fs.readFile(path.join(world.directory, keys), "utf8");

    /** A secret in every column that can hold one. */
    async function fill(): Promise<void> {
        const secret = new Secret("plain");
        const repository = aRepository({
            credentials: { username: "u", token: secret, privateKey: secret, passphrase: secret },
            publicKey: "ssh-ed25519 AAAA",
            webhookSecret: secret,
            previousWebhookSecret: secret,
            webhookSigningToken: secret,
        });
        await world.stores.repositories.insert(repository);
        const environmentVariables = [
            { name: "A", value: secret, isSecret: true },
            { name: "B", value: new Secret("open"), isSecret: false },
        ];
        await world.stores.buildConfigs.insert(aBuildConfig({ repositoryId: repository.id, environmentVariables }));
        await world.stores.releases.insert(aRelease({ env: secret }));
        await world.stores.accountSecurity.enableTwoFactor(1, { secret, at: 1, lastStep: 1, recoveryCodeHashes: [] });
        await world.stores.accountSecurity.setPending(1, secret, 1);
        await world.stores.agents.add({ url: "http://one.example.com:5001", username: "admin", password: secret, name: "" });
    }

    const SEALED_VALUES = SEALED_COLUMNS.flatMap((entry) => entry.columns).length;

    it("know every column with a sealed value", async () => {
        await fill();
        const { knex } = world.database;
        const sealed: string[] = [];
        for (const { name } of await knex.raw<{ name: string }[]>("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
            for (const row of await knex<Record<string, unknown>, Record<string, unknown>[]>(name).select("*")) {
                sealed.push(...Object.entries(row).filter(([, value]) => String(value).startsWith("enc:")).map(([column]) => `${name}.${column}`));
            }
        }
        expect(sealed.sort()).toEqual(SEALED_COLUMNS.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)).sort());
    });

    it("rotate the key: everything is sealed anew, and the former key is gone", async () => {
        await fill();
        const before = await keyFile();
        const { code, stdout } = await command("rotate-key", []);
        expect([code, stdout]).toEqual([0, `${SEALED_VALUES} secrets were sealed anew.\nThe former key is deleted.\n`]);
        expect(await keyFile()).not.toBe(before);
        expect(await fs.readdir(path.join(world.directory, "git-deploy"))).not.toContain("secret.key.previous");
        world = await world.reopen();
        expect((await world.stores.repositories.byStack("blog"))?.credentials.privateKey?.reveal()).toBe("plain");
        expect((await world.stores.buildConfigs.byStack("blog"))?.environmentVariables.map((variable) => variable.value.reveal())).toEqual(["plain", "open"]);
        expect((await world.stores.releases.recentOf("blog", 1))[0]?.env?.reveal()).toBe("plain");
    });

    it("finish a rotation that was cut short", async () => {
        await fill();
        rotateKeyFile(path.join(world.directory, "git-deploy"));
        const started = await keyFile();
        expect((await command("rotate-key", [])).stdout).toContain(`${SEALED_VALUES} secrets`);
        expect(await keyFile()).toBe(started);
    });

    it("rotate to a key of the settings", async () => {
        await fill();
        const secretKey = Buffer.from(Array.from({ length: 32 }, (_value, index) => index * 7)).toString("base64");
        const { stdout } = await command("rotate-key", [], "", { GIT_DEPLOY_SECRET_KEY: secretKey });
        expect(stdout).toContain(`${SEALED_VALUES} secrets`);
        const vault = loadVault({ directory: path.join(world.directory, "nowhere"), secretKey, previousSecretKeys: [] });
        expect(await resealAll(world.database.knex, vault)).toBe(0);
    });

    it("leave a folder without its key with secrets that nobody can open, which the start counts", async () => {
        await fill();
        const { knex } = world.database;
        const vaultOf = (directory: string) => loadVault({ directory: path.join(world.directory, directory), secretKey: undefined, previousSecretKeys: [] });
        expect(await countSealed(knex, vaultOf("git-deploy"))).toEqual({ sealed: SEALED_VALUES, unreadable: 0 });
        expect(await countSealed(knex, vaultOf("another-key"))).toEqual({ sealed: SEALED_VALUES, unreadable: SEALED_VALUES });
    });

    it("change nothing when one value cannot be opened", async () => {
        await fill();
        const { knex } = world.database;
        await knex("releases").update({ env: "enc:v1:000000000000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
        const before = await knex("git_repositories").first("credentials");
        const { code, stderr } = await command("rotate-key", []);
        expect([code, stderr]).toEqual([1, expect.stringContaining("SECRET_UNREADABLE")]);
        expect(await knex("git_repositories").first("credentials")).toEqual(before);
        expect(await fs.readdir(path.join(world.directory, "git-deploy"))).toContain("secret.key.previous");
    });

    it("refuse to rotate under a running server", async () => {
        const lock = await lockDataDirectory(world.directory);
        const before = await keyFile();
        expect(await command("rotate-key", [])).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("DATA_DIR_LOCKED") as string });
        expect(await keyFile()).toBe(before);
        await lock.release();
    });

    it("make, list and revoke an API token while the server runs", async () => {
        const lock = await lockDataDirectory(world.directory);
        const { stdout } = await command("api-token", ["create", "--name", "ci", "--days", "2"]);
        expect(stdout).toMatch(/^gdt_[A-Za-z0-9_-]{43}\n$/);
        const stored = await world.stores.apiTokens.byHash(hashApiToken(stdout.trim()));
        expect(stored).toMatchObject({ name: "ci", lastUsedAt: null });
        expect((stored?.expiresAt ?? 0) - (stored?.createdAt ?? 0)).toBe(2 * 86_400_000);
        expect((await command("api-token", ["list"])).stdout).toContain(`${stored?.id}\tci\t`);
        expect((await command("api-token", ["revoke", "ci"])).code).toBe(0);
        expect(await world.stores.apiTokens.all()).toEqual([]);
        expect((await world.stores.audit.page({ page: 1, perPage: 9 })).items.map((entry) => entry.action)).toEqual(["api-token.revoke", "api-token.create"]);
        expect(await command("api-token", ["create"])).toMatchObject({ code: 2, stdout: "" });
        await lock.release();
    });

    it("let somebody in who has lost the authenticator, also without the key, and end every session", async () => {
        const { users, accountSecurity, loginSessions, audit } = world.stores;
        const { id } = await users.create({ username: "ann", passwordHash: "old" });
        await accountSecurity.enableTwoFactor(id, { secret: new Secret("A"), at: 1, lastStep: 1, recoveryCodeHashes: ["hash"] });
        await loginSessions.insert({ id: "s1", userId: id, kind: "browser", passwordMark: "m", address: "192.0.2.1", userAgent: null, createdAt: 1, lastSeenAt: 1, endedAt: null });
        expect((await command("reset-password", [], "long enough")).stdout).toContain("stays on");
        expect(await accountSecurity.byUser(id)).toMatchObject({ twoFactorSince: 1 });
        expect(await loginSessions.openOf(id)).toEqual([]);
        const { passwordHash } = (await users.byId(id)) ?? { passwordHash: "" };

        await fs.rm(path.join(world.directory, keys));
        expect(await command("reset-password", ["--keep-password"])).toMatchObject({ code: 2 });
        expect(await command("reset-password", ["--disable-2fa", "--keep-password"])).toMatchObject({ code: 0, stdout: "Two-factor log-in of ann is off.\nSessions ended: 0.\n" });
        expect(await users.byId(id)).toMatchObject({ passwordHash });
        expect(await accountSecurity.byUser(id)).toMatchObject({ twoFactorSince: null, signedOutBefore: expect.any(Number) as number });
        expect(await accountSecurity.recoveryCodesLeft(id)).toBe(0);
        expect((await audit.page({ page: 1, perPage: 9 })).items.map(({ action }) => action)).toEqual(["two-factor.disable", "user.reset-password"]);
    });

    it("set a new password", async () => {
        await world.stores.users.create({ username: "ann", passwordHash: "old" });
        expect(await command("reset-password", [], "short")).toMatchObject({ code: 2 });
        expect(await command("reset-password", ["--username", "bob"], "long enough")).toMatchObject({ code: 2 });
        expect(await command("reset-password", [], "long enough\n")).toMatchObject({ code: 0 });
        expect(await bcrypt.compare("long enough", (await world.stores.users.first())?.passwordHash ?? "")).toBe(true);
    });
});
