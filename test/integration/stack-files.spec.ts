import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StackFiles, type StackEdit } from "../../backend/host/stacks/stack-files.ts";

const YAML = "services: {}\n";
let root: string;
let files: StackFiles;
beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "stack-files-"));
    await mkdir(path.join(root, "stacks"));
    files = new StackFiles(path.join(root, "stacks"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const file = (...parts: string[]) => path.join(root, "stacks", ...parts);
const edit = (changes: Partial<StackEdit>): StackEdit => ({ composeYaml: null, env: null, isNew: false, expectedHash: null, ...changes });

async function stack(name: string, content: Record<string, string | Buffer>): Promise<void> {
    await mkdir(file(name), { recursive: true });
    for (const [name_, text] of Object.entries(content)) {
        await writeFile(file(name, name_), text);
    }
}

/** Everything about a file that a write would change. */
async function identity(target: string) {
    const { ino, mtimeMs, mode } = await stat(target);
    return { ino, mtimeMs, mode, bytes: await readFile(target, "hex") };
}

describe("bytes", () => {
    it("are kept as they are typed: line ends, byte order mark, no last line end", async () => {
        const line = fc.constantFrom("services: {}", "# é 日本 🐳", "x-a: \"b\"", "");
        const text = fc.tuple(fc.constantFrom("", "\ufeff"), fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\n\n")), { minLength: 1, maxLength: 6 }), fc.constantFrom("", "x-end: 1"));
        let at = 0;
        await fc.assert(
            fc.asyncProperty(text, text, async ([mark, lines, end], [envMark, envLines]) => {
                const unique = lines.map(([words, lineEnd], index) => words.replace("services", `s${index}`).replace("x-a", `x-${index}`) + lineEnd).join("");
                const composeYaml = `${mark}services: {}\n${unique}${end}`;
                const env = `${envMark}A=1${envLines.map(([words, lineEnd]) => (words === "" ? "" : `# ${words}`) + lineEnd).join("")}`;
                at += 1;
                const saved = await files.save(`s${at}`, edit({ composeYaml, env, isNew: true }));
                expect(await readFile(file(`s${at}`, "compose.yaml"))).toEqual(Buffer.from(composeYaml));
                expect(await readFile(file(`s${at}`, ".env"))).toEqual(Buffer.from(env));
                expect(saved).toMatchObject({ composeYaml, env, notUtf8: [] });
            }),
            { numRuns: 50 },
        );
    });

    it("of a file whose text was not changed are not even written again", async () => {
        await stack("web", { "compose.yaml": YAML, ".env": "A=1\n" });
        const before = [await identity(file("web", "compose.yaml")), await identity(file("web", ".env"))];
        await files.save("web", edit({ composeYaml: YAML, env: "A=1\n" }));
        expect([await identity(file("web", "compose.yaml")), await identity(file("web", ".env"))]).toEqual(before);
    });

    it.each([
        ["Latin-1", Buffer.from("# caf\xe9\nservices: {}\n", "latin1")],
        ["UTF-16", Buffer.from("\ufeffservices: {}\n", "utf16le")],
    ])("of a file in %s are shown as well as they can be, and never destroyed", async (_name, bytes) => {
        await stack("web", { "compose.yaml": bytes, ".env": bytes });
        const shown = await files.read("web");
        expect(shown.notUtf8).toEqual(["compose.yaml", ".env"]);
        const refusal = { code: "INPUT_INVALID", message: expect.stringContaining("not UTF-8") };
        await expect(files.save("web", edit({ composeYaml: YAML }))).rejects.toMatchObject(refusal);
        await expect(files.save("web", edit({ env: "A=1\n" }))).rejects.toMatchObject(refusal);
        await files.save("web", edit({ env: shown.env }));
        expect([await readFile(file("web", "compose.yaml")), await readFile(file("web", ".env"))]).toEqual([bytes, bytes]);
    });

    it("leave the other file alone when only one of them is not UTF-8", async () => {
        const bytes = Buffer.from("NAME=caf\xe9\n", "latin1");
        await stack("web", { "compose.yaml": YAML, ".env": bytes });
        const shown = await files.read("web");
        await files.save("web", edit({ composeYaml: "services: {} # new\n", env: shown.env }));
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toBe("services: {} # new\n");
        expect(await readFile(file("web", ".env"))).toEqual(bytes);
    });
});

describe(".env", () => {
    it("comes with the first text, changes with every other, and is emptied but never removed", async () => {
        await files.save("web", edit({ composeYaml: YAML, env: "", isNew: true }));
        await expect(stat(file("web", ".env"))).rejects.toThrow();
        for (const env of ["A=1\n", "A=2\nB=3\n", "", "C=4"]) {
            await files.save("web", edit({ composeYaml: YAML, env }));
            expect(await readFile(file("web", ".env"), "utf8")).toBe(env);
        }
        await files.save("web", edit({ composeYaml: `${YAML}# more\n` }));
        expect(await readFile(file("web", ".env"), "utf8")).toBe("C=4");
    });
});

describe("writing", () => {
    it("keeps mode and owner, and leaves nothing else behind", async () => {
        await stack("web", { "docker-compose.yml": YAML, ".env": "A=1\n", ".docker-compose.yml.1.tmp": "of another process" });
        await chmod(file("web", ".env"), 0o640);
        await chmod(file("web", "docker-compose.yml"), 0o604);
        const isRoot = process.getuid?.() === 0;
        if (isRoot) {
            await chown(file("web", ".env"), 1234, 4321);
        }
        await files.save("web", edit({ composeYaml: "services: {} # 2\n", env: "A=2\n" }));
        expect((await readdir(file("web"))).sort()).toEqual([".docker-compose.yml.1.tmp", ".env", "docker-compose.yml"]);
        expect((await stat(file("web", "docker-compose.yml"))).mode & 0o777).toBe(0o604);
        const env = await stat(file("web", ".env"));
        expect(env.mode & 0o777).toBe(0o640);
        expect([env.uid, env.gid]).toEqual(isRoot ? [1234, 4321] : [process.getuid?.(), process.getgid?.()]);
    });

    it.runIf(process.getuid?.() === 0)("gives what it writes to the owner that was asked for", async () => {
        await new StackFiles(file(), { uid: 1234, gid: 4321 }).save("web", edit({ composeYaml: YAML, env: "A=1\n", isNew: true }));
        for (const target of [file("web"), file("web", "compose.yaml"), file("web", ".env")]) {
            const { uid, gid } = await stat(target);
            expect([uid, gid]).toEqual([1234, 4321]);
        }
    });

    it("changes both files or none", async () => {
        await stack("web", { "compose.yaml": YAML });
        await symlink(path.join(root, "outside"), file("web", ".env"));
        await expect(files.save("web", edit({ composeYaml: "services: {} # 2\n", env: "A=1\n" }))).rejects.toMatchObject({ code: "SYMLINK_REFUSED" });
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toBe(YAML);
        expect((await readdir(file("web"))).sort()).toEqual([".env", "compose.yaml"]);
    });

    it("does not follow what somebody has put where the new text is prepared", async () => {
        await stack("web", { "compose.yaml": YAML });
        await writeFile(path.join(root, "outside"), "precious");
        await symlink(path.join(root, "outside"), file("web", `.compose.yaml.${process.pid}.tmp`));
        await files.save("web", edit({ composeYaml: "services: {} # 2\n" }));
        expect(await readFile(path.join(root, "outside"), "utf8")).toBe("precious");
        expect(await readFile(file("web", "compose.yaml"), "utf8")).toBe("services: {} # 2\n");
    });
});

describe("names", () => {
    it("of folders that are there are read, changed and removed; new ones keep Dockge's rule", async () => {
        await stack("My.App", { "compose.yaml": YAML });
        expect(await files.read("My.App")).toMatchObject({ composeYaml: YAML });
        await files.save("My.App", edit({ composeYaml: "services: {} # 2\n" }));
        await files.remove("My.App");
        await expect(stat(file("My.App"))).rejects.toThrow();
        await expect(files.save("My.App", edit({ composeYaml: YAML, isNew: true }))).rejects.toMatchObject({ code: "STACK_NAME_INVALID" });
        await expect(files.save("My.App", edit({ composeYaml: YAML }))).rejects.toMatchObject({ code: "STACK_NOT_FOUND" });
    });

    it("never reach anything beside the stacks folder, links out of it included", async () => {
        await mkdir(path.join(root, "outside"));
        await writeFile(path.join(root, "outside", "compose.yaml"), YAML);
        await symlink(path.join(root, "outside"), file("link"));
        const before = await identity(path.join(root, "outside", "compose.yaml"));
        const piece = fc.constantFrom("..", ".", "/", "outside", "link", "\0", "\\", "stacks", "");
        await fc.assert(
            fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
                const name = pieces.join("");
                await files.save(name, edit({ composeYaml: "services: {} # broken into\n", env: "A=1\n" })).catch(() => {});
                await files.remove(name).catch(() => {});
                expect((await readdir(root)).sort()).toEqual(["outside", "stacks"]);
                expect(await readdir(path.join(root, "outside"))).toEqual(["compose.yaml"]);
                expect(await identity(path.join(root, "outside", "compose.yaml"))).toEqual(before);
                await symlink(path.join(root, "outside"), file("link")).catch(() => {});
            }),
            { numRuns: 300 },
        );
    });
});
