import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

/** R1, over the whole tree: programs are started in one place, by argument list. */

const root = path.resolve(import.meta.dirname, "../..");
const files = ["backend", "common", "db"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        // How the server is built is no part of it.
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".config.ts"))
        .map((file) => path.join(folder, file)),
);
const holding = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(path.join(root, file), "utf8")));

it("R1: only exec.ts starts programs, and local-pty.ts those on a terminal", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(holding(/["'](?:node:)?child_process["']/)).toEqual(["backend/adapters/exec.ts"]);
    expect(holding(/["']@lydell\/node-pty["']/)).toEqual(["backend/adapters/local-pty.ts"]);
});

it("R1: nobody asks for a shell, and nothing is evaluated", () => {
    expect(holding(/\bshell\s*:(?!\s*false\b)|\b(?:execSync|execFileSync)\s*\(|\beval\s*\(|new Function\s*\(/)).toEqual([]);
});
