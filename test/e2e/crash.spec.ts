import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../fixtures/processes.ts";
import { until } from "../fixtures/server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { dockerfile, webService } from "../fixtures/web-service.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

async function healthyStack(purpose: string): Promise<LinkedStack> {
    const stack = await bed.link({ purpose });
    expect((await stack.pushAndWait(webService({ port: stack.port, version: "one" }))).status).toBe("successful");
    return stack;
}

/** After a restart nothing may look as if it still ran although nobody runs it. */
async function expectNoGhost(stack: LinkedStack): Promise<void> {
    const open = (await stack.deployments()).filter(({ status }) => ["pending", "building", "deploying"].includes(status));
    expect(open).toEqual([]);
    for (const { id } of await stack.deployments()) {
        expect((await stack.deployment(id)).steps.filter(({ status }) => status === "running")).toEqual([]);
    }
}

describe("kill -9", () => {
    it("during a build: the run is done again after the restart", async () => {
        const stack = await healthyStack("build");
        const { deploymentId } = await stack.push({ Dockerfile: dockerfile(["RUN sleep 3"]), "www/index.html": "two\n" });
        await stack.inStep(deploymentId, "build");
        await bed.server.kill();
        expect(await stack.served()).toBe("one");
        await bed.server.start();

        expect((await stack.finished(deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("two");
        await expectNoGhost(stack);
    });

    it("during a build command on the host: it is ended before it runs again, even if it ignores SIGTERM", async () => {
        const stack = await healthyStack("command");
        const runs = path.join(bed.server.folder, "command-runs");
        // The first run never ends by itself; the second tells whether the first still lived.
        const command = `trap "" TERM; if [ -f "${runs}" ]; then grep -q "^State:.[^ZX]" "/proc/$(cat "${runs}")/status" && echo both > "${runs}.both"; else echo $$ > "${runs}"; while :; do sleep 0.1; done; fi; true`;
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { preBuildCommands: [command] });
        const { deploymentId } = await stack.push({ "www/index.html": "two\n" });
        await until("the command runs", async () => existsSync(runs) && (await readFile(runs, "utf8")).endsWith("\n"));
        await bed.server.kill();
        const first = Number(await readFile(runs, "utf8"));
        expect(isAlive(first)).toBe(true);
        await bed.server.start();

        expect((await stack.finished(deploymentId)).status).toBe("successful");
        expect(existsSync(`${runs}.both`)).toBe(false);
        expect(isAlive(first)).toBe(false);
        expect(await stack.served()).toBe("two");
        await expectNoGhost(stack);
    });

    it("during a release of a good version: the stack ends up on exactly one release", async () => {
        const stack = await healthyStack("release");
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { settleTime: 3 });
        const { deploymentId } = await stack.push({ "www/index.html": "two\n" });
        await stack.inStatus(deploymentId, "deploying");
        await bed.server.kill();
        await bed.server.start();

        const done = await stack.finished(deploymentId);
        const expected = { successful: "two", rolled_back: "one" }[done.status as string];
        expect(expected).toBeDefined();
        expect(await stack.served()).toBe(expected);
        expect(await stack.read("www", "index.html")).toBe(`${expected}\n`);
        await expectNoGhost(stack);
    });

    it("during the health check of a bad version: the restart rolls it back", async () => {
        const stack = await healthyStack("bad-release");
        const { deploymentId } = await stack.push({ "www/healthz": null, "www/index.html": "two\n" });
        await stack.inStep(deploymentId, "health");
        await bed.server.kill();
        await bed.server.start();

        expect((await stack.finished(deploymentId)).status).toBe("rolled_back");
        expect(await stack.served()).toBe("one");
        await expectNoGhost(stack);
    });

    it("with a run waiting in the queue: both runs happen, and the newest is what serves", async () => {
        const stack = await healthyStack("queued");
        const first = await stack.push({ Dockerfile: dockerfile(["RUN sleep 2"]), "www/index.html": "two\n" });
        await stack.inStep(first.deploymentId, "build");
        const second = await stack.push({ "www/index.html": "three\n" });
        await bed.server.kill();
        await bed.server.start();

        expect((await stack.finished(second.deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("three");
        await expectNoGhost(stack);
    });

    it("at many moments of a run: never a broken stack, never a lost push", async () => {
        const stack = await healthyStack("moments");
        const moments = [0, 120, 300, 600, 900, 1300];
        for (const [index, waitMs] of moments.entries()) {
            const { deploymentId } = await stack.push({ "www/index.html": `version ${index}\n` });
            await new Promise((resolve) => setTimeout(resolve, waitMs));
            await bed.server.kill();
            await bed.server.start();
            const done = await stack.finished(deploymentId);
            expect(["successful", "rolled_back"]).toContain(done.status);
            if (done.status === "successful") {
                expect(await stack.served()).toBe(`version ${index}`);
            }
        }
        await expectNoGhost(stack);
    });
});

describe("an orderly stop", () => {
    it("during a build leaves the run resumable and is quick", async () => {
        const stack = await healthyStack("orderly");
        const { deploymentId } = await stack.push({ Dockerfile: dockerfile(["RUN sleep 4"]), "www/index.html": "two\n" });
        await stack.inStep(deploymentId, "build");
        expect(await bed.server.stop()).toBeLessThan(10_000);
        await bed.server.start();
        expect((await stack.finished(deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("two");
    });

    it("keeps the login of programs: the API token made before works after", async () => {
        await bed.server.restart();
        expect((await bed.server.api.get("/api/v1/stacks")).status).toBe(200);
    });
});
