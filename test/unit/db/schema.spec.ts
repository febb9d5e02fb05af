import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../db/database.ts";
import { FileMigrationSource } from "../../../db/migration-source.ts";
import { readSchema } from "../../../db/schema.ts";

describe("db/schema.sql", () => {
    it("is what the migrations make; `npm run db:schema` writes it", async () => {
        const directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-deploy-schema-"));
        const database = await openDatabase({ directory });
        try {
            await database.migrate();
            expect(await fs.readFile(path.join(import.meta.dirname, "../../../db/schema.sql"), "utf8")).toBe(await readSchema(database.knex));
        } finally {
            await database.close();
            await fs.rm(directory, { recursive: true });
        }
    });
});

describe("migration names", () => {
    it("are the same for sources and compiled files, and nothing else counts", async () => {
        const directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-deploy-names-"));
        for (const file of ["20260101000000_a.ts", "20260102000000_b.js", "20260102000000_b.js.map", "20260103000000_c.d.ts", "notes.md"]) {
            await fs.writeFile(path.join(directory, file), "");
        }
        const source = new FileMigrationSource(directory);
        const files = await source.getMigrations();
        expect(files.map((file) => source.getMigrationName(file))).toEqual(["20260101000000_a", "20260102000000_b"]);
        await fs.rm(directory, { recursive: true });
    });
});
