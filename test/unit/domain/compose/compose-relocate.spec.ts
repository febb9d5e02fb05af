import { describe, expect, it } from "vitest";
import { composeContent, relocateCompose } from "../../../../backend/domain/compose/compose-relocate.ts";

const SOURCE = `# the stack
x-base: &base
  build: ./app
  env_file: [ .env, { path: ../shared.env, required: false } ]
include:
  - common.yaml
  - path: [ ../a.yaml, b.yaml ]
    env_file: x.env
services:
  web: # keep me
    <<: *base
    volumes:
      - ./html:/www:ro
      - data:/data
      - /abs:/abs
      - type: bind
        source: ../conf
        target: /conf
      - \${DATA:-./d}:/d
  api:
    build:
      context: .
      dockerfile: Dockerfile.api
      additional_contexts:
        lib: ../lib
        img: docker-image://alpine
    extends: { file: base.yaml, service: api }
  remote:
    build: https://example.com/repo.git
  again: *base
secrets:
  token: { file: ./token.txt }
volumes:
  data: {}
`;

describe("relocateCompose", () => {
    const { text, unresolved } = relocateCompose(SOURCE, "deploy/compose.yaml");

    it.each([
        ["a build in short form, through a merge", "build: ./deploy/app"],
        ["an env_file list", "[./deploy/.env, {path: ./shared.env, required: false}]"],
        ["an include", "- ./deploy/common.yaml"],
        ["an include with several paths", "path: [./a.yaml, ./deploy/b.yaml]"],
        ["an include's env_file", "env_file: ./deploy/x.env"],
        ["a bind mount", "- ./deploy/html:/www:ro"],
        ["a bind mount in long form", "source: ./conf"],
        ["a build context, not its Dockerfile", "context: ./deploy\n      dockerfile: Dockerfile.api"],
        ["an additional context", "lib: ./lib"],
        ["an extended file", "file: ./deploy/base.yaml"],
        ["a secret", "file: ./deploy/token.txt"],
    ])("rewrites %s", (_name, expected) => {
        expect(text).toContain(expected);
    });

    it("leaves names, absolute paths, remote contexts and comments alone", () => {
        for (const kept of ["- data:/data", "- /abs:/abs", "img: docker-image://alpine", "build: https://example.com/repo.git", "# keep me", "# the stack"]) {
            expect(text).toContain(kept);
        }
    });

    it("says where it came from, and what it could not rewrite", () => {
        expect(text.split("\n")[0]).toContain("Rendered from deploy/compose.yaml");
        expect(unresolved).toEqual([]);
        expect(relocateCompose("services:\n  a:\n    env_file: ${NAME}.env\n", "d/c.yaml").unresolved).toEqual(["${NAME}.env"]);
    });

    it("rewrites contexts in a list, and what only looks like the name of a stage", () => {
        const rendered = relocateCompose('services:\n  a:\n    build: {context: ., additional_contexts: ["x=../lib", "y=docker-image://alpine", "z=target:b/../../.."]}\n', "d/c.yaml").text;
        expect(rendered).toContain('"x=./lib", "y=docker-image://alpine", "z=.."');
    });

    it("names the place of a mistake", () => {
        expect(() => relocateCompose("services:\n  a: [\n", "d/c.yaml")).toThrow(/d\/c\.yaml is not valid YAML \(line \d+, column \d+\)/);
        expect(() => relocateCompose("just text", "d/c.yaml")).toThrow(/not a compose file/);
    });
});

describe("composeContent", () => {
    it("refuses tags under which Compose reads something else than we look at", () => {
        for (const text of ["a: !!binary L2V0Yw==", "!!binary ZW52X2ZpbGU=: /etc/x", "a: !!omap [{path: /etc/x}]", "a: !!set {b: null}", "a: !<tag:yaml.org,2002:binary> L2V0Yw==", "%TAG !e! tag:yaml.org,2002:\n---\na: !e!binary L2V0Yw==", "a: !unknown /etc/x", "a: &b !!pairs [{path: /etc/x}]\nc: *b"]) {
            expect(() => composeContent(text, "c.yaml"), text).toThrow(/c\.yaml is not valid YAML: the tag \S+ is not one of a compose file/);
        }
    });

    it("takes Compose's own tags, and those that change nothing", () => {
        expect(composeContent("a: !reset null\nb: !override [x]\nc: !!str 5\nd: !!map {e: !!bool true}\n", "c.yaml")).toMatchObject({ b: ["x"], c: "5", d: { e: true } });
    });
});
