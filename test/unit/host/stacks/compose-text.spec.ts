import { describe, expect, it } from "vitest";
import { mayBuild, projectName, requireEnv, requireYaml } from "../../../../backend/host/stacks/compose-text.ts";

describe("requireYaml", () => {
    it("accepts what Compose accepts, its own tags too", () => {
        expect(() => requireYaml("services:\n  web:\n    ports: !reset []\n    image: nginx # mine\n")).not.toThrow();
    });

    it("says where a mistake is", () => {
        expect(() => requireYaml("services:\n  web:\n    image: nginx\n   ports: []\n")).toThrow(expect.objectContaining({ code: "COMPOSE_INVALID", details: { line: 4, column: expect.any(Number) } }));
    });

    it.each(["", "just text", "- a\n- b\n"])("refuses what has no keys: %j", (text) => {
        expect(() => requireYaml(text)).toThrow(expect.objectContaining({ code: "COMPOSE_INVALID" }));
    });

    it("is not slowed down by aliases of aliases", () => {
        const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, at) => `k${at}: &k${at} [*${at === 0 ? "a" : `k${at - 1}`}, *${at === 0 ? "a" : `k${at - 1}`}]`).join("\n")}\n`;
        // Written out it would be 2^30 letters, and this would never end.
        expect(() => requireYaml(bomb)).not.toThrow();
    });
});

describe("requireEnv", () => {
    it("refuses a single line that sets nothing, as Dockge does", () => {
        expect(() => requireEnv("hello")).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
        for (const text of ["", "A=1", "# a\n# b", "hello\nworld"]) {
            expect(() => requireEnv(text)).not.toThrow();
        }
    });
});

describe("projectName", () => {
    it.each([
        ["the folder", "services: {}\n", "", "web"],
        ["the file's name", "name: shop\nservices: {}\n", "", "shop"],
        ["the environment's name before the file's", "name: shop\n", "A=1\nCOMPOSE_PROJECT_NAME=env-name\n", "env-name"],
        ["the folder when the file's name is made of variables", "name: ${X:-shop}\n", "", "web"],
        ["the folder when there is no file", "", "", "web"],
    ])("is %s", (_name, yaml, env, expected) => {
        expect(projectName(yaml, env, "web")).toBe(expected);
    });
});

describe("mayBuild", () => {
    const YAML = "services:\n  web:\n    image: nginx\n";
    const may = (composeYaml: string, env = "", ...files: string[]) => mayBuild({ composeYaml, env }, new Set(["compose.yaml", ...files]));

    it("is false for a file that only runs images", () => {
        expect(may(YAML, "A=1\n", "Dockerfile")).toBe(false);
    });

    it.each([
        ["a build section", [`${YAML}    build: .\n`]],
        ["one whose key is quoted", [`${YAML}    "build": .\n`]],
        ["one whose key is escaped", [`${YAML}    "\\x62uild": .\n`]],
        ["another file that is included", [`include: [other.yaml]\n${YAML}`]],
        ["a service of another file", [`${YAML}    extends: {file: other.yaml, service: web}\n`]],
        ["another file by the environment", [YAML, "COMPOSE_FILE=other.yaml\n"]],
        ["a file that Compose adds", [YAML, "", "docker-compose.override.yml"]],
    ])("is true for %s", (_what, [composeYaml = "", env = "", ...files]) => {
        expect(may(composeYaml, env, ...files)).toBe(true);
    });
});
