import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StackFiles } from "../../../../backend/host/stacks/stack-files.ts";
import { defaultProjectName, requireStackFolderName, requireStackName } from "../../../../backend/host/stacks/stack-name.ts";
import { projectName } from "../../../../backend/host/stacks/compose-text.ts";

const ROOT = "/srv/stacks";
/** Names made of the pieces that have fooled path checks before, and of anything else. */
const hostileName = fc.oneof(
    fc.string({ unit: fc.constantFrom("..", ".", "/", "\\", "\0", "a", "B", "%2e%2e%2f", "․․", "／", "∕", "\u202e", "~", "$HOME", "-", "\n", " ", ":", "*", "\ud800"), maxLength: 8 }),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.anything(),
);

describe("the name of a folder that is there", () => {
    it("never leads out of the stacks folder, whatever is sent", () => {
        const files = new StackFiles(ROOT);
        fc.assert(
            fc.property(hostileName, (name) => {
                let resolved: string;
                try {
                    resolved = files.path(name as string);
                } catch (error) {
                    expect(error).toMatchObject({ code: "STACK_NAME_INVALID" });
                    return;
                }
                expect(typeof name).toBe("string");
                expect(path.dirname(resolved)).toBe(ROOT);
                expect(path.basename(resolved)).toBe(name);
                expect(path.resolve(resolved)).toBe(resolved);
                expect(Buffer.from(resolved).toString("utf8")).toBe(resolved);
            }),
            { numRuns: 2_000 },
        );
    });

    it.each(["MyApp", "my.app", "a b", "日本", "_x", "-rf", "web"])("may be %j", (name) => {
        expect(requireStackFolderName(name)).toBe(name);
    });

    it.each(["", ".", "..", ".git", "a/b", "a\\b", "a\0", "a\n", "__proto__", "x".repeat(256), "é".repeat(128), "\ud800"])("may not be %j", (name) => {
        expect(() => requireStackFolderName(name)).toThrow(expect.objectContaining({ code: "STACK_NAME_INVALID" }));
    });
});

describe("the name of a new stack", () => {
    it("is one that Compose takes for its project as it is", () => {
        fc.assert(
            fc.property(fc.string({ unit: fc.constantFrom("a", "B", "0", "-", "_", ".", "/", " ", "é"), maxLength: 12 }), (name) => {
                let accepted: string;
                try {
                    accepted = requireStackName(name);
                } catch {
                    return;
                }
                expect(requireStackFolderName(accepted)).toBe(name);
                expect(defaultProjectName(accepted)).toBe(name);
            }),
        );
    });
});

describe("the project of a folder", () => {
    it.each([
        ["MyApp", "myapp"],
        ["my.app", "myapp"],
        ["_x-1", "x-1"],
        ["日本", ""],
    ])("%s is %j, as Compose would have it", (folder, project) => {
        expect(projectName("services: {}\n", "", folder)).toBe(project);
    });
});
