import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { refName } from "../../common/schemas.ts";

/** Rule R2: our rule for names of branches and tags is Git's own, and beyond it only a dash at the start and an over-long name are refused. */

const piece = fc.constantFrom("a", "fix", "#12", "/", ".", "..", "-", "@", "{", "@{", ".lock", "~", "^", ":", "?", "*", "[", "]", "\\", " ", "\t", "\x7f", "ä", "😀", "$(id)", ";", "'", '"', "main", "%", "+");

it("takes exactly the names that git check-ref-format takes", () => {
    fc.assert(
        fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
            const name = pieces.join("");
            const isGits = spawnSync("git", ["check-ref-format", `refs/heads/${name}`]).status === 0;
            expect(`${name}: ${String(refName.safeParse(name).success)}`).toBe(`${name}: ${String(isGits && !name.startsWith("-") && name !== "@")}`);
        }),
        { numRuns: 200 },
    );
});
