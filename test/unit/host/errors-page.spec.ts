import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, IGNORE_CODES } from "../../../common/error-codes.ts";
import { DeployError } from "../../../backend/domain/errors.ts";

const page = await readFile(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const [errors = "", verdicts = ""] = page.split("## Why a genuine delivery did not deploy");
const rows = (text: string) => [...text.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, code = "", rest = ""]) => ({ code, cells: rest.split(" | ").map((cell) => cell.trim()) }));

describe("docs/errors.md", () => {
    it("explains every error code, in the order of the catalogue, and no other", () => {
        expect(rows(errors).map(({ code }) => code)).toEqual([...ERROR_CODES]);
    });

    it("explains every verdict that is no error", () => {
        expect(rows(verdicts).map(({ code }) => code)).toEqual([...IGNORE_CODES]);
    });

    it("says the HTTP status, what it means and what to do", () => {
        for (const { code, cells } of rows(errors)) {
            const [status, meaning = "", advice = ""] = cells;
            expect([code, status]).toEqual([code, String(new DeployError(code as (typeof ERROR_CODES)[number], "").status)]);
            expect(meaning.length).toBeGreaterThan(10);
            expect(advice.length).toBeGreaterThan(5);
        }
    });
});
