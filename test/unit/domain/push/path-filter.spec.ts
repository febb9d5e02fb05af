import { describe, expect, it } from "vitest";
import { pathsMatter } from "../../../../backend/domain/push/path-filter.ts";

const matter = (paths: string[], includePaths: string[], excludePaths: string[] = []) => pathsMatter(paths, { includePaths, excludePaths });

describe("path filter", () => {
    it.each<[string, string[], string[], string[], boolean]>([
        ["no filter", ["README.md"], [], [], true],
        ["no filter and no file", [], [], [], true],
        ["a filter and no file", [], ["src/**"], [], false],
        ["only excluded files", ["docs/a.md", "docs/b/c.md"], [], ["docs/**"], false],
        ["one file that is not excluded", ["docs/a.md", "src/a.ts"], [], ["docs/**"], true],
        ["only files outside of the includes", ["docs/a.md"], ["src/**"], [], false],
        ["one included file", ["docs/a.md", "src/a.ts"], ["src/**"], [], true],
        ["an included file that is also excluded", ["src/a.md"], ["src/**"], ["**/*.md"], false],
        ["dotfiles below a folder", [".github/workflows/ci.yml"], [".github/**"], [], true],
        ["dotfiles in a wildcard", ["src/.env.example"], ["src/*"], [], true],
        ["a wildcard that stops at the folder", ["src/deep/a.ts"], ["src/*"], [], false],
        ["a wildcard over every folder", ["README.md", "a/b/c.md"], [], ["**/*.md"], false],
        ["a folder with a slash at its end", ["docs/a/b.md"], [], ["docs/"], false],
        ["a leading ./ or /", ["docs/a.md"], [], ["./docs/**"], false],
        ["a negated include", ["src/docs/a.md"], ["src/**", "!src/docs/**"], [], false],
        ["braces", ["web/a.ts"], ["{web,api}/**"], [], true],
        ["another case", ["SRC/a.ts"], ["src/**"], [], false],
        ["brackets in the path itself", ["app/[id]/page.ts"], ["app/**"], [], true],
    ])("%s", (_, paths, include, exclude, expected) => {
        expect(matter(paths, include, exclude)).toBe(expected);
    });
});

it("does not try a path of hostile length against a glob, which could take seconds, and counts it as changed", () => {
    expect(pathsMatter([`${"a".repeat(3500)}/x`], { includePaths: ["**/*a*/**/*b*/**/*c*/**"], excludePaths: [] })).toBe(true);
});
