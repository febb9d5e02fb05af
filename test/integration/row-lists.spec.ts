import { readdir, rm } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { insertRows, rowsFor } from "../../backend/store/row-lists.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

/** Lists of rows that reach a real SQLite file as one value. */

let temporary: TemporaryDatabase;
beforeAll(async () => {
    temporary = await temporaryDatabase();
    await temporary.database.knex.raw("CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, text TEXT, number INTEGER)");
});
beforeEach(async () => void (await temporary.database.knex("things").delete()));
afterAll(async () => await temporary.remove());

type Thing = { id: string; text: string | null; number: number | null };

const write = async (rows: Thing[], onSameId?: "replace") => await temporary.database.knex.transaction(async (transaction) => await insertRows(transaction, "things", rows, onSameId));
const stored = async (): Promise<Thing[]> => await temporary.database.knex<Thing>("things").orderBy("rowid");

it("are stored as they are, whatever a stranger put into them", async () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.constantFrom(`\\u0000`, `"\\ud800"`, "'); DROP TABLE things; --"));
    const rows = fc.uniqueArray(fc.record({ id: fc.uuid(), text: fc.option(text.map((one) => one.replaceAll("\0", ""))), number: fc.option(fc.maxSafeInteger()) }), { selector: ({ id }) => id, maxLength: 5 });
    await fc.assert(
        fc.asyncProperty(rows, async (given) => {
            await temporary.database.knex("things").delete();
            await write(given);
            expect(await stored()).toEqual(given);
        }),
        { numRuns: 60 },
    );
});

it("keep what stands behind a NUL or half a surrogate pair, which are replaced", async () => {
    await write([{ id: "1", text: "a\0b \ud800 c \udc00d 😀", number: 1 }]);
    expect((await stored())[0]?.text).toBe("a\uFFFDb \uFFFD c \uFFFDd 😀");
});

it("overwrite the row of the same id only when asked to", async () => {
    const rows = [{ id: "1", text: "first", number: 1 }];
    await write(rows);
    await expect(write([{ id: "1", text: "second", number: null }])).rejects.toThrow("UNIQUE");
    await write([{ id: "1", text: "third", number: null }], "replace");
    expect(await stored()).toEqual([{ id: "1", text: "third", number: null }]);
});

it("belong to the transaction, and are taken back with it", async () => {
    const failed = temporary.database.knex.transaction(async (transaction) => {
        await insertRows(transaction, "things", [{ id: "1", text: null, number: null }]);
        throw new Error("not now");
    });
    await expect(failed).rejects.toThrow("not now");
    expect(await stored()).toEqual([]);
});

it("ask nothing for an empty list", async () => {
    const asked = temporary.database.knex.transaction(async (transaction) => await rowsFor(transaction, "no SQL at all", []));
    expect(await asked).toEqual([]);
});

it("let the file be closed, which ends its journal", async () => {
    const other = await temporaryDatabase();
    await other.database.knex.transaction(async (transaction) => await rowsFor(transaction, "SELECT value FROM json_each(?1)", [1]));
    await other.database.close();
    expect(await readdir(other.directory)).not.toContain("dockge.db-wal");
    await rm(other.directory, { recursive: true });
});
