import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WorkDirectoryFiles } from "../../backend/adapters/work-directories.ts";

let root: string;
let work: WorkDirectoryFiles;
let directory: string;

beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "work-directories-"));
    work = new WorkDirectoryFiles({ directory: path.join(root, "work") });
    directory = await work.create("d1");
});

afterEach(async () => {
    await rm(root, { recursive: true, force: true });
});

describe("WorkDirectoryFiles", () => {
    it("makes an empty directory, also over what a crash has left", async () => {
        await writeFile(path.join(directory, "left"), "x");
        expect(await work.create("d1")).toBe(directory);
        expect(await readdir(directory)).toEqual([]);
        expect((await stat(directory)).mode & 0o777).toBe(0o700);
    });

    it("removes a run's directory with the home of its commands, and sweeps all but the named ones", async () => {
        await work.create("d2");
        await work.create("d3");
        await mkdir(path.join(root, "work/d2.home"));
        await mkdir(path.join(root, "work/d3.home"));
        await work.sweep(new Set(["d1", "d3"]));
        expect((await readdir(path.join(root, "work"))).sort()).toEqual(["d1", "d3", "d3.home"]);
        await work.remove("d3");
        await work.remove("never-made");
        expect(await readdir(path.join(root, "work"))).toEqual(["d1"]);
        await new WorkDirectoryFiles({ directory: path.join(root, "none") }).sweep(new Set());
    });

    it.each(["..", "../x", "a/b", "", ".", "a\0"])("refuses %j as the id of a run", async (id) => {
        await expect(work.create(id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
        await expect(work.remove(id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });

    it("reads and writes below the directory", async () => {
        await work.write(directory, "deploy/compose.yaml", "services: {}", 0o640);
        await work.write(directory, "deploy/compose.yaml", "services: {a: b}", 0o600);
        expect(await work.read(directory, "./deploy/compose.yaml")).toBe("services: {a: b}");
        expect((await stat(path.join(directory, "deploy/compose.yaml"))).mode & 0o777).toBe(0o600);
        expect(await readdir(path.join(directory, "deploy"))).toEqual(["compose.yaml"]);
        expect(await work.read(directory, "deploy/none")).toBeNull();
        expect(await work.read(directory, "deploy")).toBeNull();
        await work.deleteFile(directory, "deploy/compose.yaml");
        await work.deleteFile(directory, "deploy/compose.yaml");
        expect(await readdir(path.join(directory, "deploy"))).toEqual([]);
    });

    it.each(["../secret", "a/../../secret", "/etc/passwd", "a\0b", "..", ""])("refuses the path %j", async (file) => {
        await expect(work.read(directory, file)).rejects.toMatchObject({ code: "PATH_OUTSIDE_CHECKOUT" });
        await expect(work.write(directory, file, "x", 0o600)).rejects.toMatchObject({ code: "PATH_OUTSIDE_CHECKOUT" });
        if (file !== "") {
            await expect(work.resolve(directory, file)).rejects.toMatchObject({ code: "PATH_OUTSIDE_CHECKOUT" });
        }
    });

    it("never follows a symlink: not as the file, not on the way", async () => {
        await mkdir(path.join(root, "outside"));
        await writeFile(path.join(root, "outside/secret"), "s3cret");
        await symlink(path.join(root, "outside"), path.join(directory, "dir"));
        await symlink("../../outside/secret", path.join(directory, "compose.yaml"));
        await expect(work.read(directory, "compose.yaml")).rejects.toMatchObject({ code: "SYMLINK_REFUSED" });
        await expect(work.read(directory, "dir/secret")).rejects.toMatchObject({ code: "SYMLINK_REFUSED" });
        await expect(work.write(directory, "dir/new", "x", 0o600)).rejects.toMatchObject({ code: "SYMLINK_REFUSED" });
        await expect(work.deleteFile(directory, "dir/secret")).rejects.toMatchObject({ code: "SYMLINK_REFUSED" });
        await work.write(directory, "compose.yaml", "replaced", 0o600);
        expect(await readFile(path.join(root, "outside/secret"), "utf8")).toBe("s3cret");
        expect(await readFile(path.join(directory, "compose.yaml"), "utf8")).toBe("replaced");
    });

    it("resolves symlinks that stay inside, and refuses those that do not, also when they lead to nothing yet", async () => {
        await mkdir(path.join(directory, "real"));
        await symlink("real", path.join(directory, "inside"));
        await symlink(root, path.join(directory, "outside"));
        await symlink(path.join(root, "not-yet"), path.join(directory, "dangling"));
        await symlink("loop", path.join(directory, "loop"));
        expect(await work.resolve(directory, "")).toBe(directory);
        expect(await work.resolve(directory, "inside/Dockerfile")).toBe(path.join(directory, "real/Dockerfile"));
        expect(await work.resolve(directory, "none/at/all")).toBe(path.join(directory, "none/at/all"));
        for (const file of ["outside", "outside/x", "dangling", "dangling/x", "loop"]) {
            await expect(work.resolve(directory, file)).rejects.toMatchObject({ code: "PATH_OUTSIDE_CHECKOUT" });
        }
    });
});
