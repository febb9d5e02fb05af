import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NeighbourProbe, PROBE_SCRIPT } from "../../../../backend/adapters/docker/neighbour-probe.ts";
import { runProgram } from "../../../../backend/adapters/exec.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../../fixtures/base-image.ts";
import { docker, uniqueProject } from "../../../fixtures/engine.ts";

const settings = { searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", dockerSocket: "/var/run/docker.sock" };
const name = uniqueProject("neighbour");
/** In the place of the image's Node.js, which the test's image has not: the same arguments, and an answer of the same form. */
const NODE = '#!/bin/sh\nif wget -q -O /dev/null "$3"; then echo \'{"status":200}\'; else echo \'{"reason":"ECONNREFUSED"}\'; fi\n';
let directory: string;
let address: string;

beforeAll(async () => {
    await ensureBaseImage();
    directory = await mkdtemp(path.join(os.tmpdir(), "neighbour-"));
    await writeFile(path.join(directory, "node"), NODE, { mode: 0o755 });
    await writeFile(path.join(directory, "Dockerfile"), `FROM ${BASE_IMAGE}\nCOPY node /bin/node\nVOLUME /data\nLABEL com.docker.compose.project=${name}\n`);
    await docker(["build", "--quiet", "--tag", name, directory]);
    await docker(["network", "create", name]);
    await docker(["run", "-d", "--name", `${name}-own`, name, "sleep", "600"]);
    await docker(["run", "-d", "--name", `${name}-web`, "--network", name, BASE_IMAGE, "sh", "-c", "mkdir /www && echo ok > /www/up && exec httpd -f -p 8080 -h /www"]);
    address = (await docker(["inspect", "-f", `{{(index .NetworkSettings.Networks "${name}").IPAddress}}`, `${name}-web`])).stdout.trim();
});

afterAll(async () => {
    await docker(["rm", "-fv", `${name}-own`, `${name}-web`], { isFailureFine: true });
    await docker(["network", "rm", name], { isFailureFine: true });
    await docker(["rmi", "-f", name], { isFailureFine: true });
    await rm(directory, { recursive: true, force: true });
});

describe("a question from within the network of another container", () => {
    it("is answered although the server shares none with it, and leaves nothing behind", async () => {
        const probe = new NeighbourProbe({ ...settings, ownContainerIds: () => Promise.resolve([`${name}-own`]) });
        await expect.poll(() => probe.ask(`${name}-web`, `http://${address}:8080/up`, 2000), { timeout: 20_000 }).toEqual({ status: 200 });
        await expect(probe.ask(`${name}-web`, `http://${address}:8081/up`, 2000)).resolves.toEqual({ reason: "ECONNREFUSED" });
        expect((await docker(["ps", "-aq", "--filter", `ancestor=${name}`])).stdout.trim().split("\n")).toHaveLength(1);
    });

    it("is not put on a host, and says so when the other container is gone", async () => {
        await expect(new NeighbourProbe({ ...settings, ownContainerIds: () => Promise.resolve([]) }).ask("any", "http://127.0.0.1:1/", 100)).resolves.toBeNull();
        const probe = new NeighbourProbe({ ...settings, ownContainerIds: () => Promise.resolve([`${name}-own`]) });
        await expect(probe.ask(`${name}-gone`, `http://${address}:8080/`, 100)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
    });
});

describe("the program that asks", () => {
    const ask = async (url: string, timeoutMs: number) => JSON.parse((await runProgram(process.execPath, ["-e", PROBE_SCRIPT, url, String(timeoutMs)], { env: {} })).stdout) as unknown;

    it("asks again until it is answered well, and tells what came last", async () => {
        let count = 0;
        const server = http.createServer((_request, response) => response.writeHead((count += 1) < 3 ? 503 : 302).end());
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        await expect(ask(url, 20_000)).resolves.toEqual({ status: 302 });
        expect(count).toBe(3);
        count = Number.NEGATIVE_INFINITY;
        await expect(ask(url, 300)).resolves.toEqual({ status: 503 });
        await new Promise((resolve) => server.close(resolve));
        await expect(ask(url, 100)).resolves.toEqual({ reason: "ECONNREFUSED" });
    });
});
