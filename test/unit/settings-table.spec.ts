import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLI_OPTIONS } from "../../backend/cli-options.ts";
import { SETTING_NAMES } from "../../backend/config.ts";

/** Read by Node itself. */
const OF_THE_SYSTEM = ["TZ"];

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const table = readme.slice(readme.indexOf("## Settings"), readme.indexOf("## As a container"));
const firstCells = table.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split(" | ")[0] ?? "");
const named = (pattern: RegExp) => firstCells.flatMap((cell) => [...cell.matchAll(pattern)].map((match) => match[1] ?? "")).sort();

describe("the settings in README.md", () => {
    it("are those that the server reads", () => {
        expect(named(/`([A-Z][A-Z_]*)`/g)).toEqual([...SETTING_NAMES, ...OF_THE_SYSTEM].sort());
    });

    it("have the options that the command line has", () => {
        expect(named(/`--(\w+)`/g)).toEqual(Object.keys(CLI_OPTIONS).sort());
    });
});
