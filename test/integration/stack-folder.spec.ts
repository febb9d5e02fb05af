import fc from "fast-check";
import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pruneBackups } from "../../backend/adapters/stack-folder/backups.ts";
import { StackFolderFiles } from "../../backend/adapters/stack-folder/stack-folder.ts";
import { gitBlobId } from "../../backend/domain/git-blob-id.ts";
import type { Clock, ReleaseFile } from "../../backend/domain/ports.ts";

const NOW = Date.UTC(2026, 0, 2);
const clock: Clock = { now: () => NOW, monotonic: () => NOW, sleep: async () => undefined };

/** A release by path: text of a file, `!text` of an executable one, `->target` of a symlink. */
type Tree = Record<string, string>;

let root: string;
let stacks: string;

beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "stack-folder-"));
    stacks = path.join(root, "stacks");
    await mkdir(stacks);
});

afterEach(async () => {
    await rm(root, { recursive: true, force: true });
});

function contentOf(value: string): string {
    return value.startsWith("->") ? value.slice(2) : value.startsWith("!") ? value.slice(1) : value;
}

function filesOf(tree: Tree, like = ""): ReleaseFile[] {
    return Object.entries(tree).map(([file, value]) => ({
        path: file,
        mode: value.startsWith("->") ? "120000" : value.startsWith("!") ? "100755" : "100644",
        blobId: gitBlobId(contentOf(value), like),
    }));
}

async function put(directory: string, tree: Tree): Promise<void> {
    await mkdir(directory, { recursive: true });
    await Promise.all(
        Object.entries(tree).map(async ([file, value]) => {
            const target = path.join(directory, file);
            await mkdir(path.dirname(target), { recursive: true });
            if (value.startsWith("->")) {
                await symlink(contentOf(value), target);
            } else {
                await writeFile(target, contentOf(value), { mode: value.startsWith("!") ? 0o755 : 0o644 });
            }
        }),
    );
}

/** What lies in a folder, in the same notation; empty folders end with a slash. */
async function treeOf(directory: string, prefix = ""): Promise<Tree> {
    const tree: Tree = {};
    for (const entry of await readdir(directory, { withFileTypes: true })) {
        const file = path.join(directory, entry.name);
        const name = prefix + entry.name;
        if (entry.isSymbolicLink()) {
            tree[name] = `->${await readlink(file)}`;
        } else if (entry.isDirectory()) {
            const inside = await treeOf(file, `${name}/`);
            Object.assign(tree, Object.keys(inside).length === 0 ? { [`${name}/`]: "" } : inside);
        } else {
            tree[name] = (((await stat(file)).mode & 0o100) === 0 ? "" : "!") + (await readFile(file, "utf8"));
        }
    }
    return tree;
}

interface Release {
    to: Tree;
    from?: Tree;
    generated?: { path: string; content: string; mode: number; keepsMode?: boolean }[];
    deploymentId?: string;
    /** What the source directory holds instead of the release's files. */
    source?: Tree;
    like?: string;
    beforeChange?: (what: string) => void;
}

let applyMs = 0;

async function apply(release: Release) {
    const source = await mkdtemp(path.join(root, "source-"));
    await put(source, release.source ?? release.to);
    const folder = new StackFolderFiles({
        stacksDirectory: stacks,
        dataDirectory: root,
        backupsDirectory: path.join(root, "backups"),
        clock,
        ...(release.beforeChange === undefined ? {} : { beforeChange: release.beforeChange }),
    });
    const contents = new Map(Object.values({ ...release.from, ...release.to }).map((value) => [gitBlobId(contentOf(value), release.like), Buffer.from(contentOf(value))]));
    const started = performance.now();
    const report = await folder.apply({
        stack: "blog",
        deploymentId: release.deploymentId ?? "d1",
        files: filesOf(release.to, release.like),
        previous: filesOf(release.from ?? {}, release.like),
        sourceDirectory: source,
        readBlob: async (blobId) => contents.get(blobId) ?? Promise.reject(new Error(`no blob ${blobId}`)),
        generated: release.generated ?? [],
    });
    applyMs = performance.now() - started;
    return report;
}

const blog = () => path.join(stacks, "blog");

describe("apply", () => {
    it("writes a first release with modes, symlinks and generated files", async () => {
        const tree = { "compose.yaml": "services: {}", "bin/run.sh": "!#!/bin/sh", "conf/current.conf": "->v1.conf", "conf/v1.conf": "one" };
        const report = await apply({ to: tree, generated: [{ path: ".env", content: "A=1\n", mode: 0o600 }] });
        expect(await treeOf(blog())).toEqual({ ...tree, ".env": "A=1\n" });
        expect((await stat(path.join(blog(), ".env"))).mode & 0o777).toBe(0o600);
        expect(report).toEqual({ written: [".env", "bin/run.sh", "compose.yaml", "conf/current.conf", "conf/v1.conf"], removed: [], backedUp: [] });
    });

    it("does not touch what is the same: neither inode nor time", async () => {
        const tree = { "a.txt": "same", "b.txt": "old" };
        await apply({ to: tree });
        await utimes(path.join(blog(), "a.txt"), 1000, 1000);
        const before = await stat(path.join(blog(), "a.txt"));
        const report = await apply({ from: tree, to: { "a.txt": "same", "b.txt": "new" } });
        expect(report.written).toEqual(["b.txt"]);
        expect(await stat(path.join(blog(), "a.txt"))).toMatchObject({ ino: before.ino, mtimeMs: 1_000_000 });
    });

    it("leaves a person's own .env alone when it stays the same, and makes one with our variables private", async () => {
        await put(blog(), { ".env": "A=1\n" });
        const before = await stat(path.join(blog(), ".env"));
        expect((await apply({ to: {}, generated: [{ path: ".env", content: "A=1\n", mode: 0o600, keepsMode: true }] })).written).toEqual([]);
        expect(await stat(path.join(blog(), ".env"))).toMatchObject({ ino: before.ino, mode: before.mode, uid: before.uid, ctimeMs: before.ctimeMs });
        await apply({ to: {}, generated: [{ path: ".env", content: "A=1\n", mode: 0o600 }] });
        expect((await stat(path.join(blog(), ".env"))).mode & 0o777).toBe(0o600);
    });

    it("changes only the executable bit when only that changed", async () => {
        await apply({ to: { "run.sh": "x" } });
        expect(await apply({ from: { "run.sh": "x" }, to: { "run.sh": "!x" } })).toMatchObject({ written: ["run.sh"], backedUp: [] });
        expect(await treeOf(blog())).toEqual({ "run.sh": "!x" });
    });

    it("removes what is no longer tracked with its empty folders, and never anything untracked", async () => {
        await apply({ to: { "a/b/c.txt": "1", "d/e.txt": "1", keep: "1" } });
        await put(blog(), { "d/database.db": "rows", "uploads/x.png": "png" });
        const report = await apply({ from: { "a/b/c.txt": "1", "d/e.txt": "1", keep: "1" }, to: { keep: "1" } });
        expect(report.removed).toEqual(["a/b/c.txt", "d/e.txt"]);
        expect(await treeOf(blog())).toEqual({ keep: "1", "d/database.db": "rows", "uploads/x.png": "png" });
    });

    it("saves somebody's edits before it overwrites or removes them, and says where", async () => {
        await apply({ to: { "a.txt": "1", "b.txt": "1", "c.txt": "1" } });
        await put(blog(), { "a.txt": "edited a", "b.txt": "edited b", "new.txt": "mine" });
        const report = await apply({ from: { "a.txt": "1", "b.txt": "1", "c.txt": "1" }, to: { "a.txt": "2", "c.txt": "2", "new.txt": "theirs" }, deploymentId: "d2" });
        expect(report.backedUp.map((entry) => entry.path).sort()).toEqual(["a.txt", "b.txt", "new.txt"]);
        expect(await treeOf(path.join(root, "backups"))).toEqual({ "d2/a.txt": "edited a", "d2/b.txt": "edited b", "d2/new.txt": "mine" });
        expect((await stat(path.join(root, "backups/d2/a.txt"))).mode & 0o777).toBe(0o600);
        expect(await pruneBackups(path.join(root, "backups"), NOW)).toBe(0);
        expect(await pruneBackups(path.join(root, "backups"), NOW + 1)).toBe(1);
    });

    it("takes what any earlier release has left there for nobody's edit", async () => {
        await apply({ to: { "a.txt": "2", "gone.txt": "2" } });
        const oldest = filesOf({ "a.txt": "1", "gone.txt": "1" });
        const folder = new StackFolderFiles({ stacksDirectory: stacks, dataDirectory: root, backupsDirectory: path.join(root, "backups"), clock });
        const report = await folder.apply({
            stack: "blog",
            deploymentId: "d3",
            files: filesOf({ "a.txt": "3" }),
            previous: [...filesOf({ "a.txt": "2", "gone.txt": "2" }), ...oldest],
            sourceDirectory: root,
            readBlob: async () => Buffer.from("3"),
            generated: [],
        });
        expect(report).toEqual({ written: ["a.txt"], removed: ["gone.txt"], backedUp: [] });
    });

    it("writes what is generated where there is no directory with files, as when a stack is unlinked", async () => {
        await put(blog(), { ".env": "A=1\n", "a.txt": "mine" });
        const folder = new StackFolderFiles({ stacksDirectory: stacks, dataDirectory: root, backupsDirectory: path.join(root, "backups"), clock });
        const readBlob = async () => await Promise.reject(new Error("no blob is asked for"));
        const report = await folder.apply({ stack: "blog", deploymentId: "unlink", files: [], previous: [], sourceDirectory: null, readBlob, generated: [{ path: ".env", content: "A=2\n", mode: 0o600 }] });
        expect(report).toEqual({ written: [".env"], removed: [], backedUp: [] });
        expect(await treeOf(blog())).toEqual({ ".env": "A=2\n", "a.txt": "mine" });
    });

    it("keeps every edit when the same deployment overwrites twice", async () => {
        await put(blog(), { "a.txt": "first" });
        await apply({ to: { "a.txt": "1" } });
        await put(blog(), { "a.txt": "second" });
        await apply({ to: { "a.txt": "1" } });
        expect(await treeOf(path.join(root, "backups"))).toEqual({ "d1/a.txt": "first", "d1/_2/a.txt": "second" });
    });

    it("does not copy .env, which holds secrets, but does copy a compose file that it renders over", async () => {
        await put(blog(), { ".env": "OLD=s3cret", "compose.yaml": "hand: written" });
        await apply({ to: {}, generated: [{ path: ".env", content: "NEW=1", mode: 0o600 }, { path: "compose.yaml", content: "services: {}", mode: 0o644 }] });
        expect(await treeOf(path.join(root, "backups"))).toEqual({ "d1/compose.yaml": "hand: written" });
        expect(await treeOf(blog())).toEqual({ ".env": "NEW=1", "compose.yaml": "services: {}" });
    });

    it("takes from the mirror what a build command changed in the source", async () => {
        await apply({ to: { "a.txt": "committed", "b.txt": "gone" }, source: { "a.txt": "changed by a build that is longer" } });
        expect(await treeOf(blog())).toEqual({ "a.txt": "committed", "b.txt": "gone" });
    });

    it("does not follow a symlink in the source", async () => {
        await writeFile(path.join(root, "outside"), "secret");
        await apply({ to: { "a/b.txt": "committed" }, source: { a: `->${root}`, "c.txt": "x" } });
        expect(await treeOf(blog())).toEqual({ "a/b.txt": "committed" });
    });

    it("knows the ids of SHA-256 repositories", async () => {
        const like = "0".repeat(64);
        await apply({ to: { "a.txt": "1" }, like });
        expect(await apply({ from: { "a.txt": "1" }, to: { "a.txt": "1" }, like })).toEqual({ written: [], removed: [], backedUp: [] });
    });

    it.each<[string, Tree, Tree]>([
        ["a file becomes a folder", { a: "1", b: "1" }, { "a/x": "2", b: "1" }],
        ["a folder becomes a file", { "a/x/y": "1", "a/z": "1" }, { a: "2" }],
        ["a folder becomes a symlink", { "a/x": "1", b: "1" }, { a: "->b", b: "1" }],
        ["a symlink becomes a folder", { a: "->b", "b/x": "1" }, { "a/x": "2", "b/x": "1" }],
        ["a symlink becomes a file", { a: "->b", b: "1" }, { a: "1", b: "1" }],
    ])("%s", async (_what, from, to) => {
        await apply({ to: from });
        await apply({ from, to });
        expect(await treeOf(blog())).toEqual(to);
        await apply({ from: to, to: from });
        expect(await treeOf(blog())).toEqual(from);
        expect(await readdir(root)).not.toContain("backups");
    });

    it("replaces the empty folder that Docker made for a missing file, and refuses one with files before it changes anything", async () => {
        await mkdir(path.join(blog(), "nginx.conf"), { recursive: true });
        await apply({ to: { "nginx.conf": "x" } });
        await rm(path.join(blog(), "nginx.conf"));
        await put(blog(), { "nginx.conf/own": "data" });
        await expect(apply({ from: { "nginx.conf": "x" }, to: { "nginx.conf": "y", "a.txt": "1" } })).rejects.toMatchObject({ code: "STACK_CHANGED" });
        expect(await treeOf(blog())).toEqual({ "nginx.conf/own": "data" });
    });

    it("saves an untracked file that stands where a folder is needed", async () => {
        await put(blog(), { conf: "mine" });
        const report = await apply({ to: { "conf/a.txt": "1" } });
        expect(report.backedUp).toEqual([{ path: "conf", backup: path.join(root, "backups/d1/conf") }]);
        expect(await treeOf(blog())).toEqual({ "conf/a.txt": "1" });
        expect(await readFile(path.join(root, "backups/d1/conf"), "utf8")).toBe("mine");
    });

    it.each(["write", "removal"])("refuses a %s through a symlinked folder and changes nothing", async (what) => {
        const outside = path.join(root, "outside");
        await put(outside, { "a.txt": "theirs" });
        await put(blog(), { conf: `->${outside}` });
        const release = what === "write" ? { to: { "conf/a.txt": "1", "b.txt": "1" } } : { from: { "conf/a.txt": "theirs" }, to: { "b.txt": "1" } };
        await expect(apply(release)).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK", details: { path: "conf" } });
        expect(await treeOf(outside)).toEqual({ "a.txt": "theirs" });
        expect(await treeOf(blog())).toEqual({ conf: `->${outside}` });
    });

    it("does not write through a symlink in a tracked file's place", async () => {
        await put(root, { target: "precious" });
        await put(blog(), { "a.txt": "->../../target" });
        await apply({ to: { "a.txt": "1" } });
        expect(await readFile(path.join(root, "target"), "utf8")).toBe("precious");
        expect(await treeOf(blog())).toEqual({ "a.txt": "1" });
        expect(await readFile(path.join(root, "backups/d1/a.txt"), "utf8")).toBe("../../target");
    });

    it.each(["../x", "/etc/passwd", "a//b", "a/./b", "a/../../b", "", ".git/config", "sub/.GIT/hooks/x", "a\0b"])("refuses the path %j", async (file) => {
        await expect(apply({ to: {}, generated: [{ path: file, content: "", mode: 0o644 }] })).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK" });
        await expect(apply({ to: {}, from: file === "" ? { "": "x" } : { [file]: "x" } })).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK" });
    });

    it.each(["/etc/passwd", "../../x", "..", "here/../../..", "conf/.."])("refuses a symlink to %s", async (target) => {
        await expect(apply({ to: { link: `->${target}`, "b.txt": "1" } })).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK", details: { path: "link" } });
        expect(await treeOf(blog())).toEqual({});
    });

    it("accepts a symlink that climbs within the stack", async () => {
        const tree = { "a/b/link": "->../../c.txt", "a/here": "->.", "c.txt": "1" };
        await apply({ to: tree });
        expect(await treeOf(blog())).toEqual(tree);
    });

    it("refuses a stack folder that is a symlink, and a stack's name from elsewhere", async () => {
        await symlink(root, blog());
        await expect(apply({ to: { a: "1" } })).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK" });
        const folder = new StackFolderFiles({ stacksDirectory: stacks, dataDirectory: root, backupsDirectory: root, clock });
        for (const name of ["..", "../x", "a/b", "", "A", "a\0", ".hidden"]) {
            expect(() => folder.path(name)).toThrow(expect.objectContaining({ code: "STACK_NAME_INVALID" }) as Error);
            await expect(folder.read(name, "x")).rejects.toMatchObject({ code: "STACK_NAME_INVALID" });
        }
    });

    it("says when the disk is full", async () => {
        const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
        const beforeChange = () => {
            throw full;
        };
        await expect(apply({ to: { a: "1" }, beforeChange })).rejects.toMatchObject({ code: "DISK_FULL" });
    });

    it("leaves whole files and nothing of its own on a disk that is really full", async ({ skip }) => {
        await mkdir(blog());
        const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", blog()]);
        skip(mount.status !== 0, "needs the right to mount a small file system");
        try {
            await apply({ to: { small: "1" } });
            await expect(apply({ from: { small: "1" }, to: { big: "x".repeat(400_000), small: "1" } })).rejects.toMatchObject({ code: "DISK_FULL" });
            expect(await treeOf(blog())).toEqual({ small: "1" });
        } finally {
            spawnSync("umount", [blog()]);
        }
    });

    it("ends in the same state wherever a crash came", async () => {
        const name = fc.constantFrom("a", "b", "a/x", "a/y", "a/x/z", "b/q", "c.txt");
        const value = fc.constantFrom("1", "2", "!1", "->c.txt");
        const tree = fc.dictionary(name, value, { maxKeys: 6 }).map((entries) => {
            // No path may be a file and a folder at once.
            const paths = Object.keys(entries);
            return Object.fromEntries(Object.entries(entries).filter(([file, text]) => !paths.some((other) => other.startsWith(`${file}/`)) && !(text.startsWith("->") && file.includes("/"))));
        });
        const edits = fc.dictionary(fc.constantFrom("a/own", "c.txt", "data/db"), fc.constant("edited"), { maxKeys: 2 });
        await fc.assert(
            fc.asyncProperty(tree, tree, edits, fc.nat(25), fc.boolean(), async (from, to, edited, crashAt, isBackAgain) => {
                await rm(stacks, { recursive: true, force: true });
                await mkdir(stacks);
                await apply({ to: from });
                await put(blog(), edited).catch(() => undefined);
                const before = await treeOf(blog());
                const generated = [{ path: ".env", content: "A=1", mode: 0o600 }];
                let changes = 0;
                const crash = () => {
                    if (changes++ >= crashAt) {
                        throw new Error("crash");
                    }
                };
                await apply({ from, to, generated, beforeChange: crash }).catch(() => undefined);
                const [target, previous] = isBackAgain ? [from, to] : [to, from];
                const outcome = await apply({ from: previous, to: target, generated }).then(() => "done", (error: unknown) => (error as { code: string }).code);
                const now = await treeOf(blog());
                if (outcome === "done") {
                    const kept = Object.fromEntries(Object.entries(now).filter(([file]) => file in edited && !(file in target)));
                    expect(now).toEqual({ ...kept, ...target, ".env": "A=1" });
                } else {
                    expect(outcome).toBe("STACK_CHANGED");
                }
                const untracked = Object.entries(before).filter(([file]) => !(file in from) && !(file in to));
                expect(now).toMatchObject(Object.fromEntries(untracked));
            }),
            { numRuns: 60 },
        );
    });

    it("applies 10,000 files within seconds", async () => {
        const tree: Tree = {};
        for (let index = 0; index < 10_000; index++) {
            tree[`dir${index % 200}/sub/file${index}.txt`] = `content of ${index}`;
        }
        await apply({ to: tree });
        const firstMs = applyMs;
        const report = await apply({ from: tree, to: { ...tree, "dir0/sub/file0.txt": "changed" } });
        expect(report.written).toEqual(["dir0/sub/file0.txt"]);
        expect(Math.max(firstMs, applyMs)).toBeLessThan(30_000);
        console.info(`10,000 files: first release ${Math.round(firstMs)} ms, one change ${Math.round(applyMs)} ms`);
    });
});

describe("reading a stack", () => {
    const folder = () => new StackFolderFiles({ stacksDirectory: stacks, dataDirectory: root, backupsDirectory: path.join(root, "backups"), clock });

    it("gives text, null for what is not there, and nothing through a symlink", async () => {
        expect(await folder().read("blog", "compose.yaml")).toBeNull();
        expect(await new StackFolderFiles({ stacksDirectory: path.join(root, "none"), dataDirectory: root, backupsDirectory: root, clock }).read("blog", "compose.yaml")).toBeNull();
        await put(blog(), { "compose.yaml": "services: {}", link: "->compose.yaml", "dir/x": "1", out: `->${root}` });
        expect(await folder().read("blog", "compose.yaml")).toBe("services: {}");
        expect(await folder().read("blog", "dir")).toBeNull();
        expect(await folder().read("blog", "dir/none/x")).toBeNull();
        for (const file of ["link", "out/stacks/blog/compose.yaml", "../blog/compose.yaml"]) {
            await expect(folder().read("blog", file)).rejects.toMatchObject({ code: "PATH_OUTSIDE_STACK" });
        }
    });

    it("names the files of variables that exist, the shared one first", async () => {
        expect(await folder().envFiles("blog")).toEqual([]);
        await put(blog(), { ".env": "" });
        await writeFile(path.join(stacks, "global.env"), "");
        expect(await folder().envFiles("blog")).toEqual([path.join(stacks, "global.env"), path.join(blog(), ".env")]);
    });

    it("makes a stack's folder once", async () => {
        expect(await folder().exists("blog")).toBe(false);
        await folder().ensure("blog");
        await folder().ensure("blog");
        expect(await folder().exists("blog")).toBe(true);
        await chmod(blog(), 0o755);
        expect((await lstat(blog())).isDirectory()).toBe(true);
    });
});

describe("what belongs to the server", () => {
    const data = () => path.join(root, "data");
    const isServersOwn = async (file: string, stacksDirectory = stacks) => await new StackFolderFiles({ stacksDirectory, dataDirectory: data(), backupsDirectory: root, clock }).isServersOwn(file);

    it("is its data folder, by whatever name, and nothing beside it", async () => {
        await mkdir(data());
        await writeFile(path.join(data(), "secret.key"), "");
        await symlink(data(), path.join(root, "link"));
        for (const file of [data(), path.join(data(), "secret.key"), path.join(data(), "not", "there"), `/proc/self/root${data()}/secret.key`, path.join(root, "link", "secret.key"), `${stacks}/../data/secret.key`, `//${data()}`, `~/${"../".repeat(20)}${data()}/secret.key`]) {
            expect(await isServersOwn(file), file).toBe(true);
        }
        for (const file of [`${data()}-other/x`, "/etc/app.env", "~/app.env", stacks, "/"]) {
            expect(await isServersOwn(file), file).toBe(false);
        }
    });

    it("is what lies above where a link leads, what stands behind ~ without a slash, and what a process shows of itself", async () => {
        const inner = path.join(data(), "git-deploy", "work");
        await mkdir(inner, { recursive: true });
        await writeFile(path.join(data(), "git-deploy", "secret.key"), "");
        await symlink(inner, path.join(root, "inner"));
        for (const file of [`${root}/inner/../secret.key`, `~${"../".repeat(20)}${data()}/git-deploy/secret.key`, "/proc/self/cwd/../x.env", `/proc/${process.pid}/environ`, "/etc/../proc/1/root/x"]) {
            expect(await isServersOwn(file), file).toBe(true);
        }
        expect(await isServersOwn(`${root}/inner/../../../app.env`)).toBe(false);
        expect(await isServersOwn("~other/app.env")).toBe(false);
    });

    it("is none of the stacks that lie in the data folder", async () => {
        const inside = path.join(data(), "stacks");
        await mkdir(path.join(inside, "blog"), { recursive: true });
        expect(await isServersOwn(path.join(inside, "blog", ".env"), inside)).toBe(false);
        expect(await isServersOwn(path.join(data(), "secret.key"), inside)).toBe(true);
    });
});
