import { describe, expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import type { Outcome } from "../../../backend/domain/outcome.ts";
import { settled } from "../../fixtures/fake-clock.ts";
import { QueueWorld } from "../../fixtures/queue-world.ts";
import { aBuildConfig, aDeployment, NOW } from "../../fixtures/rows.ts";

const unreachable = new DeployError("GIT_UNREACHABLE", "The remote does not answer.");
const broken = new DeployError("BUILD_FAILED", "The build failed.");

describe("what the worker starts", () => {
    it("runs one deployment per stack, and no more than its concurrency over all stacks", async () => {
        const world = new QueueWorld(2);
        await world.start();
        const [blog, shop, wiki] = [await world.push(), await world.push({ stackId: "shop" }), await world.push({ stackId: "wiki" })];
        const secondOfBlog = await world.push();
        expect(world.runs.map((run) => run.deployment.id)).toEqual([blog.id, shop.id]);
        await world.run(shop).end({ status: "failed", error: broken });
        expect(world.runs.map((run) => run.deployment.id)).toEqual([blog.id, shop.id, wiki.id]);
        await world.run(wiki).end({ status: "failed", error: broken });
        expect((await world.row(secondOfBlog)).status).toBe("pending");
    });

    it("runs what was pushed during a run as soon as that has ended, and only the newest of it", async () => {
        const world = new QueueWorld();
        await world.start();
        const first = await world.push();
        const [second, third] = [await world.push(), await world.push()];
        await world.run(first).release();
        await world.run(first).end({ status: "successful" });
        expect((await world.row(first)).status).toBe("successful");
        expect(await world.row(second)).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED" });
        expect(world.runs.at(-1)?.deployment.id).toBe(third.id);
    });

    it("finds a row whose wake-up was lost at its next tick", async () => {
        const world = new QueueWorld();
        await world.start();
        await world.store.enqueue(aDeployment());
        await settled();
        expect(world.runs).toHaveLength(0);
        await world.clock.advance(15_000);
        expect(world.runs).toHaveLength(1);
    });

    it("loses no row that is stored while it looks for one", async () => {
        const world = new QueueWorld();
        const claim = world.store.claim.bind(world.store);
        let isFirst = true;
        world.store.claim = async (lease, now) => {
            const found = await claim(lease, now);
            if (isFirst) {
                isFirst = false;
                // Stored and announced after the statement that saw nothing, before the worker went to rest.
                await world.store.enqueue(aDeployment());
                world.worker.wake();
            }
            return found;
        };
        await world.start();
        expect(world.runs).toHaveLength(1);
    });

    it("goes on when the store fails for a while", async () => {
        const world = new QueueWorld();
        const claim = world.store.claim.bind(world.store);
        world.store.claim = async () => Promise.reject(new DeployError("STORE_UNAVAILABLE", "busy"));
        await world.start();
        await world.push();
        world.store.claim = claim;
        await world.clock.advance(1000);
        expect(world.runs).toHaveLength(1);
    });

    it("renews its claim while a run goes on, and does not start its own run twice", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.clock.advance(120_000);
        expect(world.store.leases.get(deployment.id)?.until).toBeGreaterThan(world.clock.now());
        expect(world.runs).toHaveLength(1);
    });

    it("interrupts a run whose row somebody else has taken over, and leaves the row alone", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        const stranger = { owner: "somebody else", until: NOW + 1_000_000 };
        world.store.leases.set(deployment.id, stranger);
        await world.clock.advance(10_000);
        expect(world.run(deployment).signal.reason).toMatchObject({ code: "INTERRUPTED" });
        expect(world.store.leases.get(deployment.id)).toBe(stranger);
    });
});

describe("how the worker ends a run", () => {
    const failed: Outcome = { status: "failed", error: broken };
    it.each<[Outcome, "building" | "deploying", string, string | null]>([
        [{ status: "successful" }, "deploying", "successful", null],
        [failed, "building", "failed", "BUILD_FAILED"],
        [failed, "deploying", "failed", "BUILD_FAILED"],
        [{ status: "rolled_back", error: new DeployError("HEALTH_TIMEOUT", "Not healthy.") }, "deploying", "rolled_back", "HEALTH_TIMEOUT"],
        [{ status: "cancelled", error: new DeployError("COMMIT_GONE", "Gone.") }, "building", "cancelled", "COMMIT_GONE"],
        // What the life of a deployment does not allow ends as failed, never stuck.
        [{ status: "successful" }, "building", "failed", "INTERNAL"],
        [{ status: "cancelled", error: new DeployError("UNLINKED", "Unlinked.") }, "deploying", "failed", "UNLINKED"],
    ])("writes %o of a run that was %s", async (outcome, status, expected, errorCode) => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        if (status === "deploying") {
            await world.run(deployment).release();
        }
        await world.run(deployment).end(outcome);
        expect(await world.row(deployment)).toMatchObject({ status: expected, errorCode, completedAt: NOW });
        expect(world.announced.at(-1)).toEqual([deployment.id, expected]);
    });

    it("writes an error that the pipeline threw", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).fail(new TypeError("undefined is not a function"));
        expect(await world.row(deployment)).toMatchObject({ status: "failed", errorCode: "INTERNAL" });
    });

    it("leaves no step running whose end could not be written", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.store.startStep({ id: "s1", deploymentId: deployment.id, name: "build", status: "running", startedAt: NOW, completedAt: null, error: null });
        await world.run(deployment).end(failed);
        expect((await world.store.steps(deployment.id)).map((step) => step.status)).toEqual(["cancelled"]);
    });

    it("writes the outcome later when the store does not answer", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        const transition = world.store.transition.bind(world.store);
        world.store.transition = async () => Promise.reject(new DeployError("STORE_UNAVAILABLE", "busy"));
        await world.run(deployment).end(failed);
        world.store.transition = transition;
        await world.clock.advance(1000);
        expect((await world.row(deployment)).status).toBe("failed");
    });

    it("takes a release up again whose outcome could not be written at all", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).release();
        const transition = world.store.transition.bind(world.store);
        world.store.transition = async () => Promise.reject(new DeployError("STORE_UNAVAILABLE", "busy"));
        await world.run(deployment).end({ status: "successful" });
        await world.clock.advance(20_000);
        world.store.transition = transition;
        await world.clock.advance(30_000);
        expect(world.run(deployment)).toMatchObject({ isRelease: true, isResumed: true });
        await world.run(deployment).end({ status: "successful" });
        expect((await world.row(deployment)).status).toBe("successful");
    });

    it("ends a run that passes its deadline", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ timeout: 90 });
        await world.start();
        const deployment = await world.push();
        await world.clock.advance(89_999);
        expect((await world.row(deployment)).status).toBe("building");
        await world.clock.advance(1);
        expect(await world.row(deployment)).toMatchObject({ status: "failed", errorCode: "DEADLINE_EXCEEDED" });
    });
});

describe("how the worker tries again", () => {
    it("repeats a retryable failure after 2, 4, … seconds, as often as the config says", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 2 });
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).end({ status: "failed", error: unreachable });
        expect(await world.row(deployment)).toMatchObject({ status: "building", attempt: 2, errorCode: "GIT_UNREACHABLE", notBefore: NOW + 2000 });
        await world.clock.advance(1999);
        expect(world.runs).toHaveLength(1);
        await world.clock.advance(1);
        expect(world.runs[1]).toMatchObject({ isResumed: false, deployment: { attempt: 2 } });
        await world.run(deployment).end({ status: "failed", error: unreachable });
        await world.clock.advance(4000);
        expect(world.runs).toHaveLength(3);
        await world.run(deployment).end({ status: "failed", error: unreachable });
        expect(await world.row(deployment)).toMatchObject({ status: "failed", attempt: 3, errorCode: "GIT_UNREACHABLE" });
    });

    it("forgets the error of an attempt when a later one succeeds", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 1 });
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).end({ status: "failed", error: unreachable });
        await world.clock.advance(2000);
        await world.run(deployment).release();
        await world.run(deployment).end({ status: "successful" });
        expect(await world.row(deployment)).toMatchObject({ status: "successful", error: null, errorCode: null });
    });

    it.each([
        ["a cause that repeating does not mend", broken, false],
        ["a release that has begun", unreachable, true],
    ])("does not repeat %s", async (_what, error, isReleased) => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 5 });
        await world.start();
        const deployment = await world.push();
        if (isReleased) {
            await world.run(deployment).release();
        }
        await world.run(deployment).end({ status: "failed", error });
        expect(await world.row(deployment)).toMatchObject({ status: "failed", attempt: 1 });
    });
});

describe("stop and start", () => {
    it("interrupts builds, waits for releases and claims nothing more", async () => {
        const world = new QueueWorld(2);
        await world.start();
        const [blog, shop] = [await world.push(), await world.push({ stackId: "shop" })];
        await world.run(shop).release();
        const waiting = await world.push({ stackId: "wiki" });
        const stopped = world.worker.stop(20_000);
        await settled();
        expect(world.run(blog).signal.reason).toMatchObject({ code: "INTERRUPTED" });
        expect(world.run(shop).signal.aborted).toBe(false);
        await world.run(shop).end({ status: "successful" });
        await stopped;
        expect((await world.row(blog)).status).toBe("building");
        expect(world.store.leases.has(blog.id)).toBe(false);
        expect((await world.row(shop)).status).toBe("successful");
        expect((await world.row(waiting)).status).toBe("pending");
        expect(world.clock.sleeperCount).toBe(0);
    });

    it("waits for a release only so long", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).release();
        const stopped = world.worker.stop(20_000);
        await world.clock.advance(20_000);
        await stopped;
        expect((await world.row(deployment)).status).toBe("deploying");
    });

    it("takes up what a killed server left: builds from their start, releases where they were", async () => {
        const world = new QueueWorld(1);
        const left = { startedAt: NOW - 9000, createdAt: NOW - 9000 };
        const building = aDeployment({ ...left, status: "building" });
        const deploying = aDeployment({ ...left, status: "deploying", stackId: "shop" });
        world.store.rows.push(building, deploying);
        world.store.leases.set(building.id, { owner: "the dead process", until: NOW + 20_000 });
        await world.store.startStep({ id: "1", deploymentId: building.id, name: "build", status: "running", startedAt: NOW, completedAt: null, error: null });
        await world.recover();
        await world.start();
        expect(world.stepsRunning()).toBe(0);
        expect(world.runs.map((run) => [run.deployment.id, run.isRelease])).toEqual([[deploying.id, true]]);
        await world.run(deploying).end({ status: "rolled_back", error: broken });
        expect(world.runs.at(-1)).toMatchObject({ deployment: { id: building.id }, isRelease: false, isResumed: true });
    });

    it("calls no run cut short that only waited for its next attempt, or has begun since", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 1 });
        const waiting = aDeployment({ startedAt: NOW - 9000, createdAt: NOW - 9000, status: "building", attempt: 2, notBefore: NOW + 1000 });
        world.store.rows.push(waiting);
        await world.recover();
        await world.start();
        await world.clock.advance(1000);
        expect(world.run(waiting).isResumed).toBe(false);
        const failing = await world.push({ stackId: "shop" });
        await world.run(failing).end({ status: "failed", error: unreachable });
        await world.clock.advance(2000);
        expect(world.runs.map(({ deployment, isResumed }) => [deployment.id, isResumed])).toEqual([[waiting.id, false], [failing.id, false], [failing.id, false]]);
    });
});
