import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { BuildConfigInput } from "../../common/schemas.ts";
import type { StepName } from "../../common/deployment.ts";
import { until } from "../fixtures/server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { dockerfile, webService } from "../fixtures/web-service.ts";
import { processesWith } from "../fixtures/processes.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed({ env: { GIT_DEPLOY_CONCURRENCY: "4" } });
});

afterEach(() => {
    bed.git.behaviour = "normal";
});

afterAll(async () => {
    await bed.close();
});

/** Nothing of a cancelled run may be left: no process, no work tree. */
async function expectNothingLeft(deploymentId: string, marker: string): Promise<void> {
    await until(`no process with ${marker} runs`, async () => (await processesWith(marker)).length === 0, 10_000);
    await until("the work tree is gone", async () => !(await readdir(path.join(bed.server.dataDirectory, "git-deploy", "work"))).includes(deploymentId), 10_000);
}

describe("cancel", () => {
    async function healthyStack(purpose: string, buildConfig: BuildConfigInput = {}): Promise<LinkedStack> {
        const stack = await bed.link({ purpose, buildConfig });
        expect((await stack.pushAndWait(webService({ port: stack.port, version: "one" }))).status).toBe("successful");
        return stack;
    }

    async function cancelIn(stack: LinkedStack, step: StepName, deploymentId: string): Promise<void> {
        await stack.inStep(deploymentId, step);
        const start = performance.now();
        await stack.act(deploymentId, "cancel");
        const done = await stack.finished(deploymentId, 15_000);
        expect(done).toMatchObject({ status: "cancelled", errorCode: "CANCELLED_BY_USER" });
        expect(performance.now() - start).toBeLessThan(10_000);
        expect(done.steps.find(({ name }) => name === step)?.status).toBe("cancelled");
        expect(await stack.served()).toBe("one");
        expect(await stack.read("www", "index.html")).toBe("one\n");
    }

    it("ends a run that waits for the Git server", async () => {
        const stack = await healthyStack("in-fetch");
        bed.git.behaviour = "hang";
        const { deploymentId } = await stack.push({ "www/index.html": "two\n" });
        await cancelIn(stack, "fetch", deploymentId);
        await expectNothingLeft(deploymentId, `${stack.name}.git`);
    });

    it.each([
        ["pre-build", { preBuildCommands: ["sleep 987651"] }],
        ["post-build", { postBuildCommands: ["sleep 987651 & sleep 987651"] }],
    ] as const)("ends a command of %s with everything that it has started", async (step, buildConfig) => {
        const stack = await healthyStack(`in-${step}`);
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, buildConfig);
        const { deploymentId } = await stack.push({ "www/index.html": "two\n" });
        await cancelIn(stack, step, deploymentId);
        await expectNothingLeft(deploymentId, "987651");
    });

    it("ends a build", async () => {
        const stack = await healthyStack("in-build");
        const { deploymentId } = await stack.push({ Dockerfile: dockerfile(["RUN sleep 987652"]), "www/index.html": "two\n" });
        await cancelIn(stack, "build", deploymentId);
        await expectNothingLeft(deploymentId, "987652");
    });

    it("takes a waiting run out of the queue", async () => {
        const stack = await healthyStack("waiting", { preBuildCommands: ["sleep 2"] });
        const running = await stack.push({ "www/index.html": "two\n" });
        await stack.inStep(running.deploymentId, "pre-build");
        const waiting = await stack.push({ "www/index.html": "three\n" });
        expect((await stack.act(waiting.deploymentId, "cancel")).status).toBe("cancelled");
        expect((await stack.finished(running.deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("two");
    });

    it("is refused while a release is under way, and after the end", async () => {
        const stack = await healthyStack("refused", { settleTime: 3 });
        const { deploymentId } = await stack.push({ "www/index.html": "two\n" });
        await stack.inStatus(deploymentId, "deploying");
        const refused = await stack.api.post<{ code: string }>(`/api/v1/deployments/${deploymentId}/cancel`, {});
        expect(refused).toMatchObject({ status: 409, body: { code: "DEPLOYMENT_NOT_CANCELLABLE" } });
        expect((await stack.finished(deploymentId)).status).toBe("successful");
        expect((await stack.api.post<{ code: string }>(`/api/v1/deployments/${deploymentId}/cancel`, {})).body.code).toBe("DEPLOYMENT_NOT_CANCELLABLE");
    });
});

describe("pushes during a run", () => {
    it("lead to exactly one more run, of the newest commit", async () => {
        const stack = await bed.link({ purpose: "newest", buildConfig: { preBuildCommands: ["sleep 1.5"] } });
        const first = await stack.push(webService({ port: stack.port, version: "one" }));
        await stack.inStep(first.deploymentId, "pre-build");
        const second = await stack.push({ "www/index.html": "two\n" });
        const third = await stack.push({ "www/index.html": "three\n" });

        expect((await stack.finished(first.deploymentId)).status).toBe("successful");
        const middle = await stack.finished(second.deploymentId);
        expect(middle).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED" });
        expect((await stack.finished(third.deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("three");
        expect(await stack.deployments()).toHaveLength(3);
        expect((await stack.events()).map(({ processed, deploymentId }) => ({ processed, hasRun: deploymentId !== null }))).toEqual([1, 2, 3].map(() => ({ processed: true, hasRun: true })));
    });

    it("stop a running build when the stack is set so, but never a release", async () => {
        const stack = await bed.link({ purpose: "stop-build", buildConfig: { cancelSupersededBuilds: true } });
        const slow = await stack.push(webService({ port: stack.port, version: "one", dockerfile: ["RUN sleep 987653"] }));
        await stack.inStep(slow.deploymentId, "build");
        const quick = await stack.push({ Dockerfile: dockerfile(), "www/index.html": "two\n" });
        expect(await stack.finished(slow.deploymentId, 20_000)).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED" });
        expect((await stack.finished(quick.deploymentId)).status).toBe("successful");
        expect(await stack.served()).toBe("two");
    });

    it("of different stacks run side by side", async () => {
        const stacks = await Promise.all(["left", "right"].map(async (purpose) => await bed.link({ purpose, buildConfig: { preBuildCommands: ["sleep 2"] } })));
        const pushed = await Promise.all(stacks.map(async (stack) => await stack.push(webService({ port: stack.port, version: "one" }))));
        await Promise.all(stacks.map(async (stack, index) => await stack.inStep(pushed[index]?.deploymentId ?? "", "pre-build")));
        const running = await Promise.all(stacks.map(async (stack, index) => (await stack.deployment(pushed[index]?.deploymentId ?? "")).status));
        expect(running).toEqual(["building", "building"]);
        await Promise.all(stacks.map(async (stack, index) => await stack.finished(pushed[index]?.deploymentId ?? "")));
    });
});

describe("time and trouble", () => {
    it("a run past its deadline is stopped and says so", async () => {
        const stack = await bed.link({ purpose: "deadline", buildConfig: { timeout: 10, preBuildCommands: ["sleep 987654"] } });
        const done = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        expect(done).toMatchObject({ status: "failed", errorCode: "DEADLINE_EXCEEDED" });
        await expectNothingLeft(done.id, "987654");
    });

    it("a Git server that is out of order is asked again, and a wrong token is not", async () => {
        const stack = await bed.link({ purpose: "retry", buildConfig: { maxRetries: 2 } });
        bed.git.behaviour = "error-500";
        const { deploymentId } = await stack.push(webService({ port: stack.port, version: "one" }));
        await stack.when(deploymentId, "is tried again", ({ attempt }) => attempt > 1);
        bed.git.behaviour = "normal";
        const done = await stack.finished(deploymentId);
        expect(done.status).toBe("successful");
        expect(await stack.served()).toBe("one");

        bed.git.behaviour = "forbidden";
        const refused = await stack.deployAndWait();
        expect(refused).toMatchObject({ status: "failed", errorCode: "GIT_AUTH_FAILED", attempt: 1 });
        bed.git.behaviour = "normal";
        const again = await stack.finished((await stack.act(refused.id, "retry")).id);
        expect(again).toMatchObject({ status: "successful", previousDeploymentId: refused.id });
    });
});
