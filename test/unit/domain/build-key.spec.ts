import { describe, expect, it } from "vitest";
import { buildKey } from "../../../backend/domain/build-key.ts";
import type { ComposeBuild } from "../../../backend/domain/ports.ts";

const objects = (changes: Record<string, string> = {}) => {
    const known: Record<string, string> = { "": "root", web: "tree-web", "web/Dockerfile": "blob-df", docs: "tree-docs", ...changes };
    return async (path: string) => known[path] ?? null;
};
const build: ComposeBuild = { context: "/w/1/source/web", dockerfile: "Dockerfile", args: { A: "1" } };
const key = (changes: Partial<ComposeBuild> = {}, directory = "/w/1/source", at = objects(), args: { name: string; value: string }[] = []) =>
    buildKey({ ...build, ...changes }, args, directory, at);

describe("buildKey", () => {
    it("is the same for another checkout of the same content, in whatever order the file names things", async () => {
        expect(await key({ context: "/w/2/source/web" }, "/w/2/source")).toBe(await key());
        expect(await buildKey({ args: { A: "1" }, dockerfile: "Dockerfile", context: "/w/1/source/web" }, [], "/w/1/source", objects())).toBe(await key());
    });

    it.each([
        ["the context's tree", key({}, undefined, objects({ web: "other" }))],
        ["the Dockerfile", key({}, undefined, objects({ "web/Dockerfile": "other" }))],
        ["an ignore file of the Dockerfile", key({}, undefined, objects({ "web/Dockerfile.dockerignore": "x" }))],
        ["an argument of the file", key({ args: { A: "2" } })],
        ["an argument of the stack", key({}, undefined, undefined, [{ name: "B", value: "1" }])],
        ["the target", key({ target: "prod" })],
    ])("changes with %s", async (_name, other) => {
        expect(await other).not.toBe(await key());
        expect(await other).not.toBeNull();
    });

    it("does not change with a file that nothing is built from", async () => {
        expect(await key({}, undefined, objects({ docs: "other", "": "other-root" }))).toBe(await key());
    });

    it.each<[string, Partial<ComposeBuild>]>([
        ["a remote context", { context: "https://example.com/r.git" }],
        ["a context outside the checkout", { context: "/w/1" }],
        ["a missing Dockerfile", { dockerfile: "nope" }],
        ["no_cache", { no_cache: true }],
        ["pull", { pull: true }],
        ["build secrets", { secrets: [{ source: "x" }] }],
        ["an image as additional context", { additional_contexts: { base: "docker-image://alpine" } }],
    ])("cannot be told for %s", async (_name, changes) => {
        expect(await key(changes)).toBeNull();
    });
});
