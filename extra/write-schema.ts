import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openDatabase } from "../db/database.ts";
import { readSchema } from "../db/schema.ts";

/** `npm run db:schema`: writes db/schema.sql from what the migrations make of an empty database. */
const directory = await fs.mkdtemp(path.join(os.tmpdir(), "git-deploy-schema-"));
try {
    const database = await openDatabase({ directory });
    await database.migrate();
    await fs.writeFile(path.join(import.meta.dirname, "../db/schema.sql"), await readSchema(database.knex));
    await database.close();
} finally {
    await fs.rm(directory, { recursive: true });
}
