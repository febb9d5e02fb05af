import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GroupCommit } from "../../backend/store/group-commit.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

/** Writes that share a transaction, in a real SQLite file. */

let temporary: TemporaryDatabase;
let commits: number;
let writes: GroupCommit;

beforeEach(async () => {
    temporary = await temporaryDatabase();
    const { knex } = temporary.database;
    await knex.raw("CREATE TABLE things (name TEXT NOT NULL PRIMARY KEY)");
    commits = 0;
    knex.on("query", ({ sql }: { sql: string }) => (commits += sql === "COMMIT;" ? 1 : 0));
    writes = new GroupCommit(knex);
});
afterEach(async () => await temporary.remove());

const add = async (...names: string[]): Promise<string> =>
    await writes.run(async (transaction) => {
        for (const name of names) {
            await transaction("things").insert({ name });
        }
        return names.join();
    });
const stored = async (): Promise<string[]> => (await temporary.database.knex("things").orderBy("name")).map(({ name }: { name: string }) => name);

describe("writes of the same time", () => {
    it("share a commit, and each is answered with what is its own", async () => {
        expect(await Promise.all([add("a"), add("b"), add("c")])).toEqual(["a", "b", "c"]);
        expect(commits).toBe(1);
        expect(await stored()).toEqual(["a", "b", "c"]);
    });

    it("do not suffer from one of them that fails half-way, and nothing of that one stays", async () => {
        const results = await Promise.allSettled([add("a"), add("half", "a"), add("b")]);
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        expect(await stored()).toEqual(["a", "b"]);
    });

    it("are taken up again after a failure", async () => {
        await add("a");
        await expect(add("a")).rejects.toThrow("UNIQUE");
        await add("b");
        expect(await stored()).toEqual(["a", "b"]);
    });
});
