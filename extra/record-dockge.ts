import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { recordDockge } from "../test/fixtures/dockge-conversation/record-dockge.ts";
import { findDockge } from "../test/fixtures/real-dockge.ts";

/**
 * `npx tsx extra/record-dockge.ts <checkout> <name>`: holds the conversation of the compatibility suite with a real Dockge and writes down
 * what it answers, to test/fixtures/dockge-recordings/<name>/. The checkout needs its packages and its built page; a Docker Engine is used.
 */
const [directory, name] = process.argv.slice(2);
const found = findDockge({ ...process.env, DOCKGE_UPSTREAM_DIR: directory });
if (name === undefined || !/^[\w.-]+$/.test(name) || "why" in found) {
    console.error(`Usage: npx tsx extra/record-dockge.ts <checkout of Dockge> <name of the recording>${"why" in found ? ` (${found.why})` : ""}`);
    process.exit(2);
}
const folder = path.join(import.meta.dirname, "../test/fixtures/dockge-recordings", name);
await mkdir(folder, { recursive: true });
for (const [part, recording] of Object.entries(await recordDockge(found))) {
    const file = path.join(folder, `${part}.json`);
    const text = `${JSON.stringify(recording, null, 2)}\n`;
    const isNew = (await readFile(file, "utf8").catch(() => "")) !== text;
    await writeFile(file, text);
    console.log(`${isNew ? "changed" : "same   "} ${file}`);
}
