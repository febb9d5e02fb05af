import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StackFolderFiles } from "../../backend/adapters/stack-folder/stack-folder.ts";
import { gitBlobId } from "../../backend/domain/git-blob-id.ts";
import { StackFiles } from "../../backend/host/stacks/stack-files.ts";

const OWNER = { uid: 12_345, gid: 23_456 };

let root: string;
let stacks: string;

beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "stack-owner-"));
    stacks = path.join(root, "stacks");
    await mkdir(stacks);
});

afterEach(async () => {
    await rm(root, { recursive: true, force: true });
});

async function ownerOf(...file: string[]): Promise<typeof OWNER> {
    const { uid, gid } = await lstat(path.join(stacks, ...file));
    return { uid, gid };
}

// Giving files away takes root.
describe.runIf(process.getuid?.() === 0)("what is written into stacks with PUID and PGID", () => {
    it("belongs to them after a save: the folder, the compose file and .env, new and old ones", async () => {
        const edit = { composeYaml: "services: {}\n", env: "A=1\n", isNew: true, expectedHash: null };
        await new StackFiles(stacks).save("old", edit);
        expect(await ownerOf("old", "compose.yaml")).toEqual({ uid: 0, gid: 0 });
        const files = new StackFiles(stacks, OWNER);
        await files.save("new", edit);
        await files.save("old", { ...edit, env: "A=2\n", isNew: false });
        for (const stack of ["new", "old"]) {
            for (const name of [".", "compose.yaml", ".env"]) {
                expect(await ownerOf(stack, name), `${stack}/${name}`).toEqual(OWNER);
            }
        }
        expect((await lstat(path.join(stacks, "new", ".env"))).mode & 0o777).toBe(0o600);
    });

    it("belongs to them after a release: files, links and new folders, and nothing else of the stack", async () => {
        const source = path.join(root, "source");
        await mkdir(path.join(source, "web/static"), { recursive: true });
        await writeFile(path.join(source, "compose.yaml"), "services: {}\n");
        await writeFile(path.join(source, "web/static/index.html"), "one\n");
        await symlink("static/index.html", path.join(source, "web/link"));
        await mkdir(path.join(stacks, "blog/uploads"), { recursive: true });
        await writeFile(path.join(stacks, "blog/uploads/photo"), "");
        const entry = (file: string, content: string, mode: "100644" | "120000" = "100644") => ({ path: file, mode, blobId: gitBlobId(content, "") });
        await new StackFolderFiles({ stacksDirectory: stacks, dataDirectory: root, backupsDirectory: path.join(root, "backups"), clock: { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() }, owner: OWNER }).apply({
            stack: "blog",
            deploymentId: "d1",
            sourceDirectory: source,
            files: [entry("compose.yaml", "services: {}\n"), entry("web/static/index.html", "one\n"), entry("web/link", "static/index.html", "120000")],
            previous: [],
            generated: [{ path: ".env", content: "A=1\n", mode: 0o600 }],
            readBlob: () => Promise.reject(new Error("everything is in the source")),
        });
        for (const name of [".", "compose.yaml", ".env", "web", "web/static", "web/static/index.html", "web/link"]) {
            expect(await ownerOf("blog", name), name).toEqual(OWNER);
        }
        expect(await ownerOf("blog", "uploads")).toEqual({ uid: 0, gid: 0 });
        expect(await ownerOf("blog", "uploads/photo")).toEqual({ uid: 0, gid: 0 });
        expect(await readFile(path.join(stacks, "blog/web/link"), "utf8")).toBe("one\n");
    });
});
