import { describe, expect, it } from "vitest";
import { forEachParallel } from "../../../../backend/adapters/stack-folder/stack-folder-parallel.ts";
import { planRelease } from "../../../../backend/adapters/stack-folder/stack-folder-plan.ts";
import { gitBlobId } from "../../../../backend/domain/git-blob-id.ts";

const file = (path: string, mode: "100644" | "160000" = "100644") => ({ path, mode, blobId: gitBlobId(path) });

describe("planRelease", () => {
    it("puts removals that stand in the way first, and knows which folders may become empty", () => {
        const plan = planRelease({ files: ["a/x", "b", "keep/1"].map((path) => file(path)), previous: ["a", "b/y/z", "keep/1", "keep/2", "old/deep/3"].map((path) => file(path)), generated: [] });
        expect(plan.removals).toEqual({ blocking: ["a", "b/y/z"], rest: ["keep/2", "old/deep/3"] });
        expect(plan.prunable).toEqual(["b/y", "old/deep", "b", "old"]);
    });

    it("lets a generated file take the place of a tracked one, and leaves submodules that were not fetched alone", () => {
        const plan = planRelease({ files: [file("compose.yaml"), file("sub", "160000")], previous: [file("sub", "160000"), file("compose.yaml")], generated: [{ path: "compose.yaml", content: "x", mode: 0o644 }] });
        expect(plan.tracked).toEqual([]);
        expect(plan.generated.map(({ path }) => path)).toEqual(["compose.yaml"]);
        expect(plan.removals).toEqual({ blocking: [], rest: [] });
    });
});

describe("forEachParallel", () => {
    it("never runs more than the limit, and waits for what runs before it fails", async () => {
        let running = 0;
        let most = 0;
        let finished = 0;
        const task = async (item: number) => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
            if (item === 3) {
                throw new Error("third");
            }
            finished++;
        };
        await expect(forEachParallel([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, task)).rejects.toThrow("third");
        expect({ most, running }).toEqual({ most: 3, running: 0 });
        expect(finished).toBeLessThan(8);
    });
});

describe("gitBlobId", () => {
    it("is what git hash-object prints", () => {
        expect(gitBlobId("")).toBe("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        expect(gitBlobId("hello\n")).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
        expect(gitBlobId(Buffer.from("hello\n"), "0".repeat(64))).toBe("2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4");
    });
});
