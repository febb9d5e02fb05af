import path from "node:path/posix";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { inspectCompose } from "../../../../backend/domain/compose/compose-policy.ts";
import { projectName, serviceNames } from "../../../../backend/domain/compose/compose-project.ts";
import { composeContent, relocateCompose } from "../../../../backend/domain/compose/compose-relocate.ts";
import { DeployError } from "../../../../backend/domain/errors.ts";

/** Rules R3 and R4: a compose file of a commit is anybody's text. */

function expectReadOrRefused(text: string): void {
    try {
        inspectCompose(composeContent(text, "compose.yaml"), "deploy");
        relocateCompose(text, "deploy/compose.yaml");
        expect(projectName(text, "compose.yaml", "blog")).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
        serviceNames(text, "compose.yaml");
    } catch (error) {
        if (!(error instanceof DeployError)) {
            throw error;
        }
        expect(error.code).toBe("COMPOSE_INVALID");
    }
}

const key = fc.constantFrom("services", "web", "build", "context", "dockerfile", "additional_contexts", "volumes", "source", "type", "env_file", "path", "include", "extends", "file", "configs", "secrets", "name", "depends_on", "label_file", "network_mode", "cap_add", "<<", "__proto__", "constructor");
const scalar = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("../..", "/etc/passwd", "~", "$X", "./a", "https://x/y", "service:web", "\0", "-v", "web:/x"), fc.integer(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({ tree: fc.oneof({ maxDepth: 6 }, scalar, fc.array(tie("tree"), { maxLength: 4 }), fc.dictionary(key, tie("tree"), { maxKeys: 5 })) }));

describe("a compose file", () => {
    it("of any shape is read, or refused with COMPOSE_INVALID", () => {
        fc.assert(fc.property(fc.dictionary(key, tree, { maxKeys: 6 }), (content) => expectReadOrRefused(stringify(content))), { numRuns: 40 });
    });

    it("of any text is read, or refused with COMPOSE_INVALID", () => {
        const token = fc.constantFrom("services:", "\n", "  ", "- ", "&a ", "*a", "<<: ", "!!binary ", "!x ", "|\n", ">-\n", "{", "}", "[", "]", ",", ": ", "?", "%YAML 9\n", "---\n", "...\n", "\t", "#", "'", '"', "\0", "\ud800", "a");
        fc.assert(fc.property(fc.array(token, { maxLength: 30 }), (tokens) => expectReadOrRefused(tokens.join(""))), { numRuns: 200 });
    });

    it.each([
        ["nested without end", "a: ".concat("[".repeat(20_000))],
        ["nested and closed", `a: ${"[".repeat(8000)}${"]".repeat(8000)}`],
        ["nested by indentation", Array.from({ length: 700 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
        ["that multiplies its anchors", ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefghi".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at] ?? "a"}`).join(",")}]`)].join("\n")],
        ["that contains itself", "services: &s\n  web: *s\n"],
    ])("%s is read, or refused with COMPOSE_INVALID", (_what, text) => expectReadOrRefused(text));

    it("never leads a build, an include or a secret out of the checkout, however the way is written", () => {
        const part = fc.constantFrom("..", ".", "a", "b", "");
        const way = fc.tuple(fc.constantFrom("", "./", "/", "~/"), fc.array(part, { minLength: 1, maxLength: 6 })).map(([start, parts]) => `${start}${parts.join("/")}`);
        fc.assert(
            fc.property(way, fc.constantFrom(".", "deploy", "a/b"), (given, folder) => {
                const leaves = given.startsWith("/") || given.startsWith("~") || path.join(folder, given).split("/")[0] === "..";
                fc.pre(given !== "" && !given.startsWith("//"));
                const { findings, references } = inspectCompose({ include: [{ path: given }], services: { web: { build: { context: given } } } }, folder);
                const isBuildRefused = findings.some(({ kind, at }) => kind === "escape" && at.includes("build"));
                expect(isBuildRefused).toBe(leaves);
                expect(references.filter(({ path: reference }) => reference.startsWith("..") || reference.startsWith("/"))).toEqual([]);
            }),
            { numRuns: 200 },
        );
    });
});
