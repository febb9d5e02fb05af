import { beforeEach, describe, expect, it } from "vitest";
import { formatLogLine } from "../../../common/log-line.ts";
import type { StepName } from "../../../common/deployment.ts";
import { aDeployment } from "../../fixtures/rows.ts";
import { HEAD, PERSON, ServiceWorld } from "../../fixtures/service-world.ts";

const PROGRAM = { actor: { kind: "token", name: "ci", address: "10.0.0.9" }, origin: null } as const;
let world: ServiceWorld;

beforeEach(async () => {
    world = new ServiceWorld();
    await world.link();
    world.asked.length = 0;
});

describe("deploying", () => {
    it("queues the head of the branch without asking the remote", async () => {
        world.succeed("before");
        const view = await world.services.deployments.deploy("blog", {}, PERSON);
        expect(view).toMatchObject({ status: "pending", branch: "main", commitSha: null, triggeredBy: "manual", triggeredByUser: "ann", previousDeploymentId: "before", kind: "deploy" });
        expect(world.asked).toEqual([]);
        expect(world.audit.at(-1)).toMatchObject({ action: "deployment.request", subject: view.id });
    });

    it.each([
        [{ ref: "next" }, { branch: "next", tag: null, commitSha: null }],
        [{ ref: "v1.0" }, { branch: null, tag: "v1.0", commitSha: null }],
        [{ commitSha: HEAD }, { branch: "main", tag: null, commitSha: HEAD }],
    ])("%o is taken as %o", async (input, target) => {
        expect(await world.services.deployments.deploy("blog", input, PROGRAM)).toMatchObject({ ...target, triggeredBy: "api", triggeredByUser: "ci" });
    });

    it.each(["nowhere", "toString"])("the ref %s is missing", async (ref) => {
        await expect(world.services.deployments.deploy("blog", { ref }, PERSON)).rejects.toMatchObject({ code: "GIT_REF_MISSING" });
        expect(world.deployments).toEqual([]);
    });
});

describe("rolling back", () => {
    it("queues a rollback to the release and lets auto-deploy rest until it is resumed", async () => {
        world.succeed("old");
        world.succeed("new");
        const view = await world.services.deployments.rollback("old", PERSON);
        expect(view).toMatchObject({ kind: "rollback", previousDeploymentId: "old", commitSha: HEAD, status: "pending" });
        expect(world.repository().autoDeployPausedAt).toBe(world.now);
        expect(await world.services.repositories.resumeAutoDeploy("blog", PERSON)).toMatchObject({ autoDeployPausedAt: null });
    });

    it("is refused when an image is gone, and then nothing is paused", async () => {
        world.succeed("old");
        world.images.clear();
        await expect(world.services.deployments.rollback("old", PERSON)).rejects.toMatchObject({ code: "IMAGE_MISSING", details: { services: ["web"] } });
        expect(world.repository().autoDeployPausedAt).toBeNull();
    });

    it.each([
        ["whose release was cleaned up", { status: "successful" as const }, { status: "removed" as const }],
        ["that was rolled back itself", { status: "rolled_back" as const }, { status: "failed" as const }],
    ])("to a deployment %s is refused, and it is not offered", async (_what, changes, release) => {
        world.succeed("old", changes, release);
        await expect(world.services.deployments.rollback("old", PERSON)).rejects.toMatchObject({ code: "RELEASE_NOT_KEPT" });
        expect(await world.services.deployments.get("old")).toMatchObject({ canRollBackTo: false });
    });
});

describe("retrying and cancelling", () => {
    it("retries the same commit", async () => {
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "failed", branch: null, tag: "v1.0" }));
        expect(await world.services.deployments.retry("d1", PERSON)).toMatchObject({ commitSha: HEAD, tag: "v1.0", branch: null, previousDeploymentId: "d1", attempt: 1 });
    });

    it("retries a rollback as a rollback to the same release", async () => {
        world.succeed("old");
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "failed", kind: "rollback", previousDeploymentId: "old" }));
        expect(await world.services.deployments.retry("d1", PERSON)).toMatchObject({ kind: "rollback", previousDeploymentId: "old" });
    });

    it.each([
        ["retry", "successful", "DEPLOYMENT_NOT_RETRYABLE"],
        ["retry", "building", "DEPLOYMENT_NOT_RETRYABLE"],
        ["cancel", "deploying", "DEPLOYMENT_NOT_CANCELLABLE"],
        ["cancel", "failed", "DEPLOYMENT_NOT_CANCELLABLE"],
    ] as const)("%s of a %s deployment is %s", async (action, status, code) => {
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status }));
        await expect(world.services.deployments[action]("d1", PERSON)).rejects.toMatchObject({ code, details: { status } });
    });

    it("cancels what builds", async () => {
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "building" }));
        expect(await world.services.deployments.cancel("d1", PERSON)).toMatchObject({ status: "cancelled" });
        await expect(world.services.deployments.cancel("unknown", PERSON)).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_FOUND" });
    });
});

describe("reading", () => {
    const line = (step: StepName, text: string) => `${formatLogLine({ time: "2026-01-31T10:00:00.000Z", step, stream: "out", level: "info", text })}\n`;
    const textOf = async (chunks: AsyncIterable<string>) => {
        let text = "";
        for await (const chunk of chunks) {
            text += chunk;
        }
        return text;
    };

    it("shows a deployment with its steps and both halves of its log", async () => {
        world.succeed("d1");
        world.logText = line("fetch", "one") + line("build", "two") + line("release", "three") + line("health", "four");
        const detail = await world.services.deployments.get("d1");
        expect(detail).toMatchObject({ duration: 2.5, canRollBackTo: true, steps: [{ name: "build", duration: 1.5 }], logSize: Buffer.byteLength(world.logText) });
        expect(detail.buildLogs).toBe(line("fetch", "one") + line("build", "two"));
        expect(detail.deploymentLogs).toBe(line("release", "three") + line("health", "four"));
    });

    it("leaves the log's text out for those who read it by itself", async () => {
        world.succeed("d1");
        world.logText = line("fetch", "one");
        expect(await world.services.deployments.get("d1", { logs: false })).toMatchObject({ buildLogs: "", deploymentLogs: "", logSize: Buffer.byteLength(world.logText) });
    });

    it("says what a queued deployment waits for", async () => {
        const START = world.clock.now();
        world.deployments.push(aDeployment({ id: "d1", stackId: "blog", commitSha: HEAD, status: "pending" }));
        const waiting = async () => (await world.services.deployments.get("d1")).waitsFor;
        expect(await waiting()).toEqual({ kind: "worker" });
        Object.assign(world.deployments[0] ?? {}, { notBefore: START + 60_000 });
        expect(await waiting()).toEqual({ kind: "retry", at: new Date(START + 60_000).toISOString() });
        world.deployments.push(aDeployment({ id: "d2", stackId: "blog", commitSha: HEAD, status: "deploying" }));
        expect(await waiting()).toEqual({ kind: "deployment", deploymentId: "d2", commitSha: HEAD });
        expect((await world.services.deployments.get("d2")).waitsFor).toBeNull();
    });

    it("keeps the end of a half that is too long", async () => {
        world.succeed("d1");
        world.logText = Array.from({ length: 12_000 }, (_, index) => line("build", `${index} ${"x".repeat(100)}`)).join("");
        const { buildLogs } = await world.services.deployments.get("d1");
        expect(Buffer.byteLength(buildLogs)).toBeLessThanOrEqual(1024 * 1024);
        expect(Buffer.byteLength(buildLogs)).toBeGreaterThan(1024 * 1024 - 1000);
        expect(world.logText.endsWith(buildLogs)).toBe(true);
    });

    it("gives the text from an offset, or only the lines that were asked for", async () => {
        world.succeed("d1");
        const [first, second, third] = [line("fetch", "one"), line("build", "two"), line("build", "three")];
        world.logText = first + second + third;
        const read = async (input: Parameters<typeof world.services.deployments.textLog>[1]) => await textOf(await world.services.deployments.textLog("d1", input));
        expect(await read({ offset: first.length })).toBe(second + third);
        expect(await read({ offset: 0, step: "build" })).toBe(second + third);
        expect(await read({ offset: 0, limit: 2 })).toBe(first + second);
        expect(await read({ offset: 0, q: "three" })).toBe(third);
    });

    it("is complete without a log when the deployment ended before it ran", async () => {
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "cancelled" }), aDeployment({ id: "d2", commitSha: HEAD, status: "pending" }));
        expect(await world.services.deployments.logFrom("d1", 0)).toEqual({ text: "", offset: 0, isComplete: true });
        expect(await world.services.deployments.logFrom("d2", 0)).toEqual({ text: "", offset: 0, isComplete: false });
        expect(await world.services.deployments.log("d1", { offset: 0 })).toMatchObject({ isComplete: true });
    });

    it("lists what is left of a stack that is gone, and refuses one that never was", async () => {
        world.stackNames.clear();
        world.succeed("d1");
        expect(await world.services.deployments.list("blog", { status: undefined, triggeredBy: undefined, page: 1, perPage: 20 })).toMatchObject({ total: 1, items: [{ id: "d1" }] });
        await expect(world.services.deployments.list("nowhere", { status: undefined, triggeredBy: undefined, page: 1, perPage: 20 })).rejects.toMatchObject({ code: "STACK_NOT_FOUND" });
    });
});
