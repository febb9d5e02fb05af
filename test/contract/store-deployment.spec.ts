import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentStore } from "../../backend/domain/ports.ts";
import { MemoryDeploymentStore } from "../fixtures/memory-deployment-store.ts";
import { aDeployment, NOW } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const LEASE = { owner: "a", until: NOW + 30_000 };

interface Subject {
    store: DeploymentStore;
    end(): Promise<void>;
}

async function onSqlite(): Promise<Subject> {
    const temporary: TemporaryDatabase = await temporaryDatabase();
    return { store: temporary.stores.deployments, end: () => temporary.remove() };
}

/** What every store of deployments does, the one on disk and the one that the queue's unit tests run on. */
describe.each([
    ["on SQLite", onSqlite],
    ["in memory", async (): Promise<Subject> => ({ store: new MemoryDeploymentStore(), end: async () => undefined })],
])("a deployment store %s", (_name, open) => {
    let subject: Subject;
    let store: DeploymentStore;
    beforeEach(async () => {
        subject = await open();
        store = subject.store;
    });
    afterEach(() => subject.end());

    it("has at most one pending run per stack: the newer one replaces it", async () => {
        const first = aDeployment();
        const second = aDeployment({ createdAt: NOW + 1 });
        const elsewhere = aDeployment({ stackId: "shop" });
        await store.enqueue(elsewhere);
        expect((await store.enqueue(first)).superseded).toBeNull();
        expect((await store.enqueue(second)).superseded).toMatchObject({ id: first.id, status: "cancelled", errorCode: "SUPERSEDED", completedAt: NOW + 1 });
        expect(await store.pendingOf("blog")).toMatchObject({ id: second.id });
        expect(await store.pendingOf("shop")).toMatchObject({ id: elsewhere.id });
    });

    it("claims the oldest row, and of one stack only one at a time", async () => {
        const shop = aDeployment({ stackId: "shop", createdAt: NOW + 5 });
        const blog = aDeployment({ createdAt: NOW });
        await store.enqueue(shop);
        await store.enqueue(blog);
        expect(await store.claim(LEASE, NOW + 10)).toMatchObject({ id: blog.id, status: "building", startedAt: NOW + 10 });
        const newer = aDeployment({ createdAt: NOW + 1 });
        await store.enqueue(newer);
        expect(await store.claim(LEASE, NOW + 10)).toMatchObject({ id: shop.id });
        expect(await store.claim(LEASE, NOW + 10)).toBeNull();
        await store.transition(blog.id, "building", "failed");
        expect(await store.claim(LEASE, NOW + 11)).toMatchObject({ id: newer.id });
    });

    it("claims a row that waits for its next try when it is due, or when a clock that has been set back since put it off", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        await store.claim(LEASE, NOW);
        await store.postpone(row.id, NOW + 4000, 2);
        expect(await store.claim(LEASE, NOW + 3999)).toBeNull();
        const anHourBack = NOW - 3_600_000;
        expect(await store.claim(LEASE, anHourBack)).toMatchObject({ id: row.id });
    });

    it("lets nobody else claim a row while its lease lives, and everybody when it has ended", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        await store.claim(LEASE, NOW);
        expect(await store.claim({ owner: "b", until: NOW + 60_000 }, NOW + 29_999)).toBeNull();
        expect(await store.renew(row.id, { owner: "b", until: NOW + 90_000 })).toBe(false);
        expect(await store.renew(row.id, { owner: "a", until: NOW + 40_000 })).toBe(true);
        expect(await store.claim({ owner: "b", until: NOW + 70_000 }, NOW + 39_999)).toBeNull();
        expect(await store.claim({ owner: "b", until: NOW + 70_000 }, NOW + 40_000)).toMatchObject({ id: row.id, startedAt: NOW });
        expect(await store.renew(row.id, { owner: "a", until: NOW + 90_000 })).toBe(false);
        await store.release(row.id);
        expect(await store.claim(LEASE, NOW + 40_001)).toMatchObject({ id: row.id });
    });

    it("never claims a release in progress", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        await store.claim(LEASE, NOW);
        await store.transition(row.id, "building", "deploying");
        await store.release(row.id);
        expect(await store.claim(LEASE, NOW + 60_000)).toBeNull();
        expect(await store.nextDueAt()).toBeNull();
    });

    it("holds a postponed row back until it is due, and says when that is", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        expect(await store.nextDueAt()).toBe(NOW);
        await store.claim(LEASE, NOW);
        await store.postpone(row.id, NOW + 4000, 2);
        expect(await store.nextDueAt()).toBe(NOW + 4000);
        expect(await store.claim(LEASE, NOW + 3999)).toBeNull();
        expect(await store.claim(LEASE, NOW + 4000)).toMatchObject({ id: row.id, attempt: 2 });
        expect(await store.nextDueAt()).toBe(LEASE.until);
    });

    it("does not call a row due whose stack is at work", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        await store.claim(LEASE, NOW);
        await store.transition(row.id, "building", "deploying");
        await store.enqueue(aDeployment({ createdAt: NOW + 1 }));
        expect(await store.nextDueAt()).toBeNull();
    });

    it("changes a status only from the one it was believed to have", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        expect(await store.transition(row.id, "building", "failed")).toBeNull();
        expect(await store.transition(row.id, "pending", "cancelled", { errorCode: "CANCELLED_BY_USER", completedAt: NOW + 9 })).toMatchObject({
            status: "cancelled",
            errorCode: "CANCELLED_BY_USER",
            completedAt: NOW + 9,
        });
        expect((await store.byId(row.id))?.status).toBe("cancelled");
        expect(await store.transition(row.id, "pending", "building")).toBeNull();
    });

    it("ends the steps that a crash left running, and only those", async () => {
        const row = aDeployment();
        await store.enqueue(row);
        const step = { deploymentId: row.id, completedAt: null, error: null, status: "running" } as const;
        await store.startStep({ ...step, id: "1", name: "fetch", startedAt: NOW });
        await store.endStep("1", "successful", NOW + 1, null);
        await store.startStep({ ...step, id: "2", name: "build", startedAt: NOW + 1 });
        await store.interruptSteps(row.id, NOW + 2);
        expect(await store.steps(row.id)).toMatchObject([
            { name: "fetch", status: "successful", completedAt: NOW + 1 },
            { name: "build", status: "cancelled", completedAt: NOW + 2 },
        ]);
        expect((await store.steps(row.id))[1]?.error).not.toBeNull();
    });

    it("knows each stack's latest and last successful run", async () => {
        for (const [index, status] of (["successful", "failed"] as const).entries()) {
            const row = aDeployment({ createdAt: NOW + index });
            await store.enqueue(row);
            await store.claim(LEASE, NOW + index);
            await store.transition(row.id, "building", "deploying");
            await store.transition(row.id, "deploying", status);
        }
        await store.enqueue(aDeployment({ stackId: "shop" }));
        expect((await store.latestOf("blog"))?.status).toBe("failed");
        expect((await store.lastSuccessfulOf("blog"))?.status).toBe("successful");
        expect([...(await store.latestByStack())].map(([stack, row]) => [stack, row.status])).toEqual(
            expect.arrayContaining([
                ["blog", "failed"],
                ["shop", "pending"],
            ]),
        );
        expect(await store.latestOf("none")).toBeNull();
    });

    it("tells what runs are of, of those that are there", async () => {
        const [row, tagged] = [aDeployment({ commitSha: "a".repeat(40), branch: "main" }), aDeployment({ stackId: "shop", commitSha: null, branch: null, tag: "v1" })];
        await store.enqueue(row);
        await store.enqueue(tagged);
        expect(await store.pushedRefs([row.id, tagged.id, "none"])).toEqual(new Map([[row.id, { commitSha: "a".repeat(40), branch: "main", tag: null }], [tagged.id, { commitSha: null, branch: null, tag: "v1" }]]));
        expect((await store.pushedRefs([])).size).toBe(0);
    });
});
