import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../backend/domain/secret.ts";
import { resealAll } from "../../backend/store/sealed-columns.ts";
import { loadVault } from "../../backend/vault/vault.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const URL_ONE = "http://one.example.com:5001";

describe("Dockge's table of agents", () => {
    let temporary: TemporaryDatabase;
    const rows = async () => await temporary.database.knex<{ url: string; password: string }>("agent").select("*");
    const passwords = async () => (await temporary.stores.agents.list()).map(({ password }) => password?.reveal() ?? null);
    /** As Dockge 1.5.0 makes it: without the column for a name. */
    const asIn150 = async () => await temporary.database.knex.schema.alterTable("agent", (table) => table.dropColumn("name"));
    const byDockge = async (url: string, password: string) => await temporary.database.knex("agent").insert({ url, username: "admin", password });

    beforeEach(async () => {
        temporary = await temporaryDatabase();
    });
    afterEach(async () => await temporary.remove());

    it("holds sealed passwords", async () => {
        await temporary.stores.agents.add({ url: URL_ONE, username: "admin", password: new Secret("open sesame 1"), name: "One" });
        expect((await rows())[0]?.password).toMatch(/^enc:v1:/);
        expect(await temporary.stores.agents.list()).toMatchObject([{ url: URL_ONE, username: "admin", name: "One" }]);
        expect(await passwords()).toEqual(["open sesame 1"]);
        await expect(temporary.stores.agents.add({ url: URL_ONE, username: "b", password: new Secret("c"), name: "" })).rejects.toMatchObject({ code: "AGENT_EXISTS" });
    });

    it("reads plain passwords of Dockge, seals them once, and gives them back", async () => {
        await byDockge(URL_ONE, "plain 1");
        await byDockge("http://two.example.com", "plain 2");
        expect(await passwords()).toEqual(["plain 1", "plain 2"]);
        expect(await temporary.stores.agents.sealPasswords()).toBe(2);
        expect(await temporary.stores.agents.sealPasswords()).toBe(0);
        expect((await rows()).every(({ password }) => password.startsWith("enc:v1:"))).toBe(true);
        expect(await passwords()).toEqual(["plain 1", "plain 2"]);
        expect(await temporary.stores.agents.unsealPasswords()).toBe(2);
        expect((await rows()).map(({ password }) => password)).toEqual(["plain 1", "plain 2"]);
    });

    it("lists an agent whose key is lost, without its password", async () => {
        await temporary.stores.agents.add({ url: URL_ONE, username: "admin", password: new Secret("gone"), name: "" });
        await temporary.database.knex("agent").update({ password: `enc:v1:${"0".repeat(12)}:${"A".repeat(60)}` });
        expect(await passwords()).toEqual([null]);
        expect(await temporary.stores.agents.unsealPasswords()).toBe(0);
    });

    it("keeps names beside a table of Dockge 1.5.0, which stays as it is", async () => {
        await asIn150();
        await byDockge(URL_ONE, "plain 1");
        expect(await temporary.stores.agents.list()).toMatchObject([{ name: "" }]);
        expect(await temporary.stores.agents.rename(URL_ONE, "Attic")).toBe(true);
        await temporary.stores.agents.add({ url: "http://two.example.com", username: "b", password: new Secret("c"), name: "Cellar" });
        expect((await temporary.stores.agents.list()).map(({ name }) => name)).toEqual(["Attic", "Cellar"]);
        expect(await temporary.stores.agents.remove(URL_ONE)).toBe(true);
        await byDockge(URL_ONE, "plain 1");
        expect((await temporary.stores.agents.list()).map(({ name }) => name)).toEqual(["Cellar", ""]);
        expect(await temporary.database.knex.schema.hasColumn("agent", "name")).toBe(false);
    });

    it("may be missing: a Dockge before 1.4.0 had no agents", async () => {
        await temporary.database.knex.schema.dropTable("agent");
        expect(await temporary.stores.agents.list()).toEqual([]);
        expect(await temporary.stores.agents.sealPasswords()).toBe(0);
        expect(await temporary.stores.agents.remove(URL_ONE)).toBe(false);
        await expect(temporary.stores.agents.add({ url: URL_ONE, username: "b", password: new Secret("c"), name: "" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining("1.5.0") });
        expect(await resealAll(temporary.database.knex, temporary.vault)).toBe(0);
    });

    it("is rotated with the other secrets, plain passwords excepted", async () => {
        await temporary.stores.agents.add({ url: URL_ONE, username: "admin", password: new Secret("sealed"), name: "" });
        await byDockge("http://two.example.com", "plain");
        const other = loadVault({ directory: `${temporary.directory}/git-deploy`, secretKey: "0123456789abcdef".repeat(4), previousSecretKeys: [] });
        const before = (await rows())[0]?.password;
        expect(await resealAll(temporary.database.knex, other)).toBe(1);
        const after = await rows();
        expect(after[0]?.password).not.toBe(before);
        expect(after[1]?.password).toBe("plain");
    });
});
