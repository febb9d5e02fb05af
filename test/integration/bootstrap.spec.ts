import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** Stands in for npm: notes what it was called for, and "installs" a sqlite3 that does or does not load. */
const NPM = `
const fs = require("node:fs");
const [command] = process.argv.slice(2);
fs.appendFileSync("calls", [command, process.env.npm_config_build_from_source].filter(Boolean).join(" ") + "\\n");
const outcome = process.env.OUTCOME;
if (command === "ci") {
    fs.mkdirSync("node_modules/vite", { recursive: true });
    fs.mkdirSync("node_modules/sqlite3", { recursive: true });
    fs.writeFileSync("node_modules/.package-lock.json", "{}");
    fs.writeFileSync("node_modules/vite/package.json", "{}");
    fs.writeFileSync("node_modules/sqlite3/index.js", outcome === "loads" ? "" : 'throw new Error("GLIBC_2.38 not found")');
} else if (outcome === "no compiler") {
    process.exit(1);
} else {
    fs.writeFileSync("node_modules/sqlite3/index.js", "");
}
`;

describe("a fresh clone", () => {
    let clone: string;
    beforeEach(async () => {
        clone = await mkdtemp(path.join(os.tmpdir(), "fresh-clone-"));
        await mkdir(path.join(clone, "extra"));
        await cp(path.join(import.meta.dirname, "../../extra/bootstrap.mjs"), path.join(clone, "extra", "bootstrap.mjs"));
        await writeFile(path.join(clone, "npm.cjs"), NPM);
        await writeFile(path.join(clone, "package-lock.json"), "{}");
        await utimes(path.join(clone, "package-lock.json"), 1, 1);
    });
    afterEach(async () => await rm(clone, { recursive: true, force: true }));

    const prepare = (outcome: string) => spawnSync(process.execPath, ["extra/bootstrap.mjs"], { cwd: clone, env: { PATH: process.env["PATH"] ?? "", npm_execpath: path.join(clone, "npm.cjs"), OUTCOME: outcome }, encoding: "utf8" });
    const calls = async () => (await readFile(path.join(clone, "calls"), "utf8")).trim().split("\n");

    it("is installed once", async () => {
        expect(prepare("loads").status).toBe(0);
        expect(prepare("loads")).toMatchObject({ status: 0, stderr: "", stdout: "" });
        expect(await calls()).toEqual(["ci"]);
    });

    it("compiles SQLite where the binary that was taken does not load", async () => {
        expect(prepare("compiles").status).toBe(0);
        expect(prepare("compiles").stderr).toBe("");
        expect(await calls()).toEqual(["ci", "rebuild sqlite3"]);
    });

    it("says what is needed where it cannot, and begins again the next time", async () => {
        expect(prepare("no compiler")).toMatchObject({ status: 1, stderr: expect.stringContaining("Compiling SQLite for this system (needs python3, make and a C++ compiler) failed") as string });
        expect(prepare("no compiler").status).toBe(1);
        expect(await calls()).toEqual(["ci", "rebuild sqlite3", "ci", "rebuild sqlite3"]);
    });
});
