import { describe, expect, it } from "vitest";
import type { Actor } from "../../../backend/domain/entities.ts";
import { DeployError } from "../../../backend/domain/errors.ts";
import { settled } from "../../fixtures/fake-clock.ts";
import { QueueWorld } from "../../fixtures/queue-world.ts";
import { aBuildConfig, aDeployment } from "../../fixtures/rows.ts";

const ann: Actor = { kind: "user", name: "ann", address: null };

describe("cancel", () => {
    it("ends a pending run at once", async () => {
        const world = new QueueWorld();
        const deployment = await world.push();
        expect(await world.queue.cancel(deployment.id, ann)).toMatchObject({ status: "cancelled", errorCode: "CANCELLED_BY_USER", error: "Cancelled by ann.", completedAt: world.clock.now() });
        expect(world.announced.at(-1)).toEqual([deployment.id, "cancelled"]);
        await world.start();
        expect(world.runs).toHaveLength(0);
    });

    it("ends a running build, and then runs what waits", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        const next = await world.push();
        expect(await world.queue.cancel(deployment.id, ann)).toMatchObject({ status: "cancelled", errorCode: "CANCELLED_BY_USER" });
        await settled();
        expect(world.runs.at(-1)?.deployment.id).toBe(next.id);
    });

    it("ends a run that waits for its next attempt", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 3 });
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).end({ status: "failed", error: new DeployError("GIT_UNREACHABLE", "No answer.") });
        expect(await world.queue.cancel(deployment.id, ann)).toMatchObject({ status: "cancelled" });
        await world.clock.advance(60_000);
        expect(world.runs).toHaveLength(1);
    });

    it("does not answer for a build whose processes take long to end, but it ends cancelled", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        const run = world.run(deployment);
        run.isRelease = true; // It heeds no abort.
        const answer = world.queue.cancel(deployment.id, ann);
        await world.clock.advance(8000);
        expect((await answer).status).toBe("building");
        await run.end({ status: "cancelled", error: run.signal.reason as DeployError });
        expect(await world.row(deployment)).toMatchObject({ status: "cancelled", errorCode: "CANCELLED_BY_USER" });
    });

    it("refuses a release in progress, also one that began while it was asked", async () => {
        const world = new QueueWorld();
        await world.start();
        const deployment = await world.push();
        await world.run(deployment).release();
        await expect(world.queue.cancel(deployment.id, ann)).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_CANCELLABLE" });
        expect(world.run(deployment).signal.aborted).toBe(false);

        const late = await world.push({ stackId: "shop" });
        world.run(late).isRelease = true;
        const answer = world.queue.cancel(late.id, ann).catch((error: unknown) => error);
        await settled();
        await world.run(late).release();
        await world.clock.advance(8000);
        expect(await answer).toMatchObject({ code: "DEPLOYMENT_NOT_CANCELLABLE" });
    });

    it.each(["successful", "failed", "rolled_back", "cancelled"] as const)("refuses a run that is %s", async (status) => {
        const world = new QueueWorld();
        const deployment = aDeployment({ status });
        world.store.rows.push(deployment);
        await expect(world.queue.cancel(deployment.id, ann)).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_CANCELLABLE" });
        await expect(world.queue.cancel("nobody", ann)).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_FOUND" });
    });

    it("holds when a worker claims the row at the same moment: nothing of it is released", async () => {
        const world = new QueueWorld();
        const deployment = await world.push();
        const transition = world.store.transition.bind(world.store);
        world.store.transition = async (...args) => {
            world.store.transition = transition;
            await world.start();
            return await transition(...args);
        };
        const answer = await world.queue.cancel(deployment.id, ann);
        expect(answer).toMatchObject({ status: "cancelled", errorCode: "CANCELLED_BY_USER" });
        await settled();
        expect((await world.row(deployment)).status).toBe("cancelled");
        expect(world.run(deployment).signal.aborted).toBe(true);
    });
});

describe("what a newer push does to an older run", () => {
    it("tells clients of the replaced run first, then of the new one", async () => {
        const world = new QueueWorld();
        const [first, second] = [await world.push(), await world.push()];
        expect(world.announced).toEqual([
            [first.id, "pending"],
            [first.id, "cancelled"],
            [second.id, "pending"],
        ]);
    });

    it("leaves a running build alone by default", async () => {
        const world = new QueueWorld();
        await world.start();
        const older = await world.push();
        await world.push();
        expect(world.run(older).signal.aborted).toBe(false);
    });

    it("stops a running build when the config says so", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ cancelSupersededBuilds: true });
        await world.start();
        const older = await world.push();
        const newer = await world.push();
        expect(await world.row(older)).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED", error: expect.not.stringContaining(newer.id) as string });
        expect(world.runs.at(-1)?.deployment.id).toBe(newer.id);
    });

    it("never stops a release, nor a rollback that a person asked for", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ cancelSupersededBuilds: true });
        await world.start();
        const releasing = await world.push();
        await world.run(releasing).release();
        await world.push();
        expect(world.run(releasing).signal.aborted).toBe(false);
        const rollback = await world.push({ stackId: "shop", kind: "rollback" });
        await world.push({ stackId: "shop" });
        expect(world.run(rollback).signal.aborted).toBe(false);
    });

    it("replaces a build that only waits for its next attempt", async () => {
        const world = new QueueWorld();
        world.config = aBuildConfig({ maxRetries: 5 });
        await world.start();
        const older = await world.push();
        await world.run(older).end({ status: "failed", error: new DeployError("GIT_UNREACHABLE", "No answer.") });
        const newer = await world.push();
        expect(await world.row(older)).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED" });
        expect(world.runs.at(-1)?.deployment.id).toBe(newer.id);
    });

    it("runs a stored deployment even when telling clients of it fails", async () => {
        const world = new QueueWorld();
        await world.start();
        world.journal.announce = async () => Promise.reject(new Error("no views"));
        const deployment = aDeployment();
        await world.queue.enqueue(deployment);
        await settled();
        expect((await world.row(deployment)).status).not.toBe("pending");
    });
});
