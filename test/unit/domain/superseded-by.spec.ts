import { describe, expect, it } from "vitest";
import { supersededBy } from "../../../backend/domain/superseded-by.ts";

const COMMIT = "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b";

describe("why a run gives way to a newer one", () => {
    it.each([
        [{ commitSha: COMMIT, branch: "main" }, "A newer deployment of commit 9c2f1ab4d0e3 took its place."],
        [{ branch: "main" }, "A newer deployment of the newest commit of main took its place."],
        [{ branch: "main", tag: "v1.2.3" }, "A newer deployment of the tag v1.2.3 took its place."],
        [{}, "A newer deployment took its place."],
        [{ kind: "rollback", commitSha: COMMIT } as const, "A rollback to commit 9c2f1ab4d0e3 took its place."],
    ])("is told without the id of anything: %j", (newer, words) => {
        expect(supersededBy({ kind: "deploy", commitSha: null, tag: null, branch: null, ...newer })).toBe(words);
    });
});
