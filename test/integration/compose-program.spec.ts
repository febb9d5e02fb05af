import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ComposeProgram } from "../../backend/adapters/docker/compose-program.ts";

/** A docker and a Compose that write down how they were called. */
let folder: string;
const calls = async () => (await readFile(path.join(folder, "calls"), "utf8")).split("\n").filter((line) => line !== "");
const plugin = () => path.join(folder, "docker-compose");
const program = () => new ComposeProgram({ searchPath: folder, dockerSocket: "/run/engine.sock" });

async function write(name: string, answer: string): Promise<void> {
    const record = `echo "${name} $1 plugin-of=$DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND host=$DOCKER_HOST arg=$GREETING" >> ${path.join(folder, "calls")}`;
    await writeFile(path.join(folder, name), `#!/bin/sh\n${record}\n${answer}\n`, { mode: 0o755 });
}

beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "compose-program-"));
    await appendFile(path.join(folder, "calls"), "");
});

afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
});

describe("Compose", () => {
    it("is called as the CLI would call it, after the CLI was asked once where it lies", async () => {
        await write("docker", `[ "$1" = info ] && echo ${plugin()}`);
        await write("docker-compose", "echo a model; exit 3");
        const compose = program();
        expect(await Promise.all([compose.run(["compose", "config"], {}, { GREETING: "hello" }), compose.run(["compose", "config"], {}, { GREETING: "hello" })])).toMatchObject([{ exitCode: 3, stdout: "a model\n" }, { exitCode: 3 }]);
        const started = "docker-compose compose plugin-of=docker host=unix:///run/engine.sock arg=hello";
        expect(await calls()).toEqual([expect.stringMatching(/^docker info /), started, started]);
    });

    it.each([
        ["does not know it", "exit 0"],
        ["answers something else", "echo docker-compose"],
        ["fails", `echo ${path.sep}usr/lib/docker-compose; [ "$1" != info ]`],
    ])("is called through the CLI when that %s", async (_what, answer) => {
        await write("docker", answer);
        expect((await program().run(["compose", "up"], {})).exitCode).toBe(0);
        expect(await calls()).toEqual([expect.stringMatching(/^docker info /), "docker compose plugin-of= host=unix:///run/engine.sock arg="]);
    });

    it("is looked for again when an upgrade has moved it", async () => {
        await write("docker", `[ "$1" != info ] || echo ${plugin()}`);
        await write("docker-compose", "exit 0");
        const compose = program();
        await compose.run(["compose", "ps"], {});
        await rm(plugin());
        expect((await compose.run(["compose", "ps"], {})).exitCode).toBe(0);
        await write("docker-compose", "exit 0");
        await compose.run(["compose", "ps"], {});
        expect((await calls()).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["docker info", "docker-compose compose", "docker compose", "docker info", "docker-compose compose"]);
    });
});
