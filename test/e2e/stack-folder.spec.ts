import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { idleService, webService } from "../fixtures/web-service.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

describe("the files of a stack", () => {
    it("leaves what Git does not track, removes what it tracks no longer, and saves local edits first", async () => {
        const stack = await bed.link({ purpose: "files" });
        await stack.pushAndWait({ ...webService({ port: stack.port, version: "one" }), "config/old.conf": "old\n", "config/kept.conf": "kept\n", "tool.sh": { executable: "#!/bin/sh\n" } });
        await mkdir(stack.file("uploads"), { recursive: true });
        await writeFile(stack.file("uploads", "photo.bin"), "precious");
        await writeFile(stack.file("config", "local.conf"), "mine");
        await writeFile(stack.file("config", "kept.conf"), "edited by hand\n");
        await chmod(stack.file("uploads", "photo.bin"), 0o640);

        const second = await stack.pushAndWait({ "config/old.conf": null, "config/kept.conf": "from git\n", "config/new.conf": "new\n" });
        expect(second).toMatchObject({ status: "successful", error: null });
        expect(await stack.read("uploads", "photo.bin")).toBe("precious");
        expect((await stat(stack.file("uploads", "photo.bin"))).mode & 0o777).toBe(0o640);
        expect(await stack.read("config", "local.conf")).toBe("mine");
        expect(await stack.read("config", "kept.conf")).toBe("from git\n");
        expect(await stack.read("config", "new.conf")).toBe("new\n");
        await expect(stat(stack.file("config", "old.conf"))).rejects.toThrow("ENOENT");
        expect((await stat(stack.file("tool.sh"))).mode & 0o111).not.toBe(0);

        const backups = path.join(bed.server.dataDirectory, "git-deploy", "backups");
        const saved = (await readdir(backups, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && entry.name.includes("kept.conf"));
        expect(saved).toHaveLength(1);
        expect(await readFile(path.join(saved[0]?.parentPath ?? "", saved[0]?.name ?? ""), "utf8")).toBe("edited by hand\n");
        expect(await stack.log(second.id)).toContain("config/kept.conf");
    });

    it("keeps the person's own lines of .env around the managed block", async () => {
        const stack = await bed.link({ purpose: "env" });
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, {
            environmentVariables: [
                { name: "GREETING", value: "hello", secret: false },
                { name: "PASSWORD", value: "s3cret with $dollar 'and' \"quotes\"", secret: true },
            ],
        });
        await writeFile(stack.file(".env"), "OWN=mine\n", { mode: 0o644 });
        const service = ['environment: {OWN: "${OWN}", GREETING: "${GREETING}", PASSWORD: "${PASSWORD}"}'];
        const startup = 'mkdir -p /www && printf "%s|%s|%s" "$OWN" "$GREETING" "$PASSWORD" > /www/env.txt';
        const first = await stack.pushAndWait(webService({ port: stack.port, version: "one", service, startup }));
        expect(first).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/env.txt")).toBe("mine|hello|s3cret with $dollar 'and' \"quotes\"");
        const env = await stack.read(".env");
        expect(env).toMatch(/^OWN=mine$/m);
        expect((await stat(stack.file(".env"))).mode & 0o777).toBe(0o600);

        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { environmentVariables: [{ name: "GREETING", value: "bye", secret: false }, { name: "PASSWORD", secret: true }] });
        expect(await stack.api.expectOk("GET", `${stack.path}/repository`)).toMatchObject({ trackedFiles: { compose: true, env: false } });
        await stack.api.expectOk("PUT", stack.path, { env: "OWN=ours\n" });
        await stack.deployAndWait({ rebuild: true });
        expect(await stack.served("/env.txt")).toBe("ours|bye|s3cret with $dollar 'and' \"quotes\"");
        const shown = await stack.api.expectOk<{ environmentVariables: unknown[] }>("GET", `${stack.path}/build-config`);
        expect(shown.environmentVariables).toEqual([
            { name: "GREETING", value: "bye", secret: false },
            { name: "PASSWORD", value: null, secret: true },
        ]);
    });

    it("renders compose.yaml from a compose file in a folder, with its paths still right", async () => {
        const stack = await bed.link({ purpose: "folder", buildConfig: { composePath: "deploy/production.yml" } });
        const { "compose.yaml": compose = "", ...files } = webService({ port: stack.port, version: "one", service: ['volumes: ["../content:/content:ro"]'], startup: "cp /content/page.txt /www/page.txt" });
        const result = await stack.pushAndWait({ ...files, "content/page.txt": "beside\n", "deploy/production.yml": (compose as string).replace("build: .", "build: ..") });
        expect(result).toMatchObject({ status: "successful", error: null });
        expect(await stack.served()).toBe("one");
        expect(await stack.served("/page.txt")).toBe("beside");
        expect(await stack.read("compose.yaml")).toMatch(/^#/);
        expect(await stack.read("deploy", "production.yml")).toContain("build: ..");
    });

    it.each(["compose.yaml", "compose.yml"])("releases the repository's own docker-compose.yml in a folder where somebody has made a %s", async (handMade) => {
        const stack = await bed.link({ purpose: "names" });
        await writeFile(stack.file(handMade), `services:\n${idleService("by-hand")}\n`);
        for (const note of ["first", "second"]) {
            const done = await stack.pushAndWait({ note, "docker-compose.yml": `services:\n${idleService("main")}\n` });
            expect(done).toMatchObject({ status: "successful", error: null });
            expect((await stack.containers()).map(({ service }) => service)).toEqual(["main"]);
        }
    });

    it("never writes through a symbolic link that a commit or somebody else has put into the folder", async () => {
        const stack = await bed.link({ purpose: "link" });
        await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        const outside = path.join(bed.server.folder, "outside.txt");
        await writeFile(outside, "untouched");
        const bad = await stack.pushAndWait({ "escape": { symlink: "../../outside.txt" }, "www/index.html": "two\n" });
        expect(await readFile(outside, "utf8")).toBe("untouched");
        expect(["failed", "successful"]).toContain(bad.status);
        const good = await stack.pushAndWait({ "escape": "now a file\n", "www/index.html": "three\n" });
        expect(good.status).toBe("successful");
        expect(await readFile(outside, "utf8")).toBe("untouched");
    });
});
