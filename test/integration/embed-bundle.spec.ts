import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";

/** What an attached Dockge's page loads, as it was built. */

const directory = path.join(import.meta.dirname, "..", "..", "dist", "embed");

it.skipIf(!existsSync(directory))("has an entry that no other file imports: its address has a version behind it, so it would be loaded twice", async () => {
    const scripts = (await readdir(directory)).filter((name) => name.endsWith(".js"));
    const texts = await Promise.all(scripts.map(async (name) => await readFile(path.join(directory, name), "utf8")));
    expect(scripts).toContain("embed.js");
    expect(scripts.filter((_, at) => texts[at]?.includes('"./embed.js"'))).toEqual([]);
});
