import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Repository, WebhookEvent } from "../../backend/domain/entities.ts";
import { aDelivery, aDeployment, aRepository, NOW, random } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

/** Deliveries that arrive together, in a real SQLite file. */

let world: TemporaryDatabase;
let statements: string[];

beforeEach(async () => {
    world = await temporaryDatabase();
    statements = [];
});
afterEach(async () => await world.remove());

const STACKS = ["blog", "shop", "wiki", "mail"];

async function repositories(): Promise<Repository[]> {
    const rows = STACKS.map((stackId) => aRepository({ stackId }));
    for (const row of rows) {
        await world.stores.repositories.insert(row);
    }
    world.database.knex.on("query", ({ sql }: { sql: string }) => void statements.push(sql));
    return rows;
}

const sha = (letter: string) => letter.repeat(40);
const push = async (repository: Repository, commitSha: string, values: Partial<WebhookEvent> = {}) =>
    await world.stores.webhookEvents.record(
        aDelivery({ id: random.uuid(), repositoryId: repository.id, deliveryId: random.uuid(), ...values }),
        aDeployment({ repositoryId: repository.id, stackId: repository.stackId, commitSha, createdAt: NOW + 10 }),
        { head: commitSha, audit: ({ id }) => ({ actor: { kind: "webhook", name: "ann", address: null }, action: "webhook.queued", stackId: repository.stackId, subject: id, details: {} }) },
    );

describe("deliveries of the same time", () => {
    it("share a commit and each table's statement, and each is answered with what is its own", async () => {
        const linked = await repositories();
        const { deployments, repositories: stored, audit } = world.stores;
        const waiting = aDeployment({ stackId: "shop" });
        await deployments.enqueue(waiting);
        await deployments.claim({ owner: "test", until: NOW + 60_000 }, NOW);
        const next = aDeployment({ stackId: "shop", createdAt: NOW + 1 });
        await deployments.enqueue(next);
        const alone = statements.length;
        const recorded = await Promise.all(linked.map(async (repository, at) => await push(repository, sha("abcd"[at] ?? ""))));
        expect(statements.slice(alone).filter((sql) => sql.startsWith("COMMIT"))).toHaveLength(1);
        expect(statements.length - alone).toBeLessThan(14);
        expect(recorded.map(({ outcome, deployment }) => [outcome, deployment?.stackId, deployment?.commitSha?.[0]])).toEqual([["queued", "blog", "a"], ["queued", "shop", "b"], ["queued", "wiki", "c"], ["queued", "mail", "d"]]);
        expect(recorded.map(({ superseded, running }) => [superseded?.id ?? null, running?.id ?? null])).toEqual([[null, null], [next.id, waiting.id], [null, null], [null, null]]);
        expect(await deployments.byId(next.id)).toMatchObject({ status: "cancelled", errorCode: "SUPERSEDED", completedAt: NOW + 10, error: `A newer deployment of commit ${sha("b").slice(0, 12)} took its place.` });
        expect((await deployments.pendingOf("mail"))?.id).toBe(recorded[3]?.deployment?.id);
        expect((await stored.byStack("wiki"))?.lastSyncedCommit).toBe(sha("c"));
        expect((await audit.page({ page: 1, perPage: 10 })).items.map(({ stackId, subject }) => `${stackId} ${subject}`).sort()).toEqual(recorded.map(({ event, deployment }) => `${deployment?.stackId} ${event.id}`).sort());
    });

    it("of one repository are written one after the other: the later replaces the earlier, the same commit joins it", async () => {
        const [blog] = (await repositories()) as [Repository];
        const [first, second, same] = await Promise.all([push(blog, sha("a")), push(blog, sha("b")), push(blog, sha("b"))]);
        expect(second).toMatchObject({ outcome: "queued", superseded: { id: first.deployment?.id } });
        expect(same).toMatchObject({ outcome: "joined", deployment: { id: second.deployment?.id }, event: { verdict: "duplicate", deploymentId: second.deployment?.id } });
        expect((await world.stores.audit.page({ page: 1, perPage: 10 })).total).toBe(2);
    });

    it("do not suffer from one whose repository is gone", async () => {
        const [blog, shop] = (await repositories()) as [Repository, Repository];
        await world.stores.repositories.remove(shop.id);
        const results = await Promise.allSettled([push(blog, sha("a")), push(shop, sha("b"))]);
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
        expect([await world.stores.deployments.pendingOf("blog"), await world.stores.deployments.pendingOf("shop")]).toMatchObject([{ commitSha: sha("a") }, null]);
    });

    it("set no head back when an old one is sent again, by its id or its bytes", async () => {
        const [blog] = (await repositories()) as [Repository];
        const old = { provider: "github", deliveryId: "one", signature: "sha256=old" } as const;
        await push(blog, sha("a"), old);
        await push(blog, sha("b"));
        const outcomes = [await push(blog, sha("a"), old), await push(blog, sha("a"), { ...old, deliveryId: "two" })].map(({ outcome }) => outcome);
        expect(outcomes).toEqual(["duplicate", "duplicate"]);
        expect((await world.stores.repositories.byId(blog.id))?.lastSyncedCommit).toBe(sha("b"));
        expect((await world.stores.repositories.webhookTarget(blog.id))?.repository.lastSyncedCommit).toBe(sha("b"));
    });

    it.each(["github", "generic"] as const)("read little of the same bytes sent before, however often that was (%s)", async (provider) => {
        const [blog] = (await repositories()) as [Repository];
        const again = async () => await push(blog, sha("a"), { provider, signature: "sha256=same", payload: "x".repeat(50_000) });
        for (let time = 0; time < 20; time++) {
            await again();
        }
        const rows: unknown[] = [];
        world.database.knex.on("query-response", (found: unknown) => Array.isArray(found) && rows.push(...(found as unknown[])));
        expect((await again()).outcome).toBe("joined");
        expect(rows.length).toBeLessThan(5);
        expect(JSON.stringify(rows)).not.toContain("xxx");
    });

    it("are told of the stack's last successful deployment", async () => {
        const [blog] = (await repositories()) as [Repository];
        const { deployments } = world.stores;
        const former = (await push(blog, sha("a"))).deployment?.id ?? "";
        await deployments.claim({ owner: "test", until: NOW + 60_000 }, NOW);
        await deployments.transition(former, "building", "deploying");
        await deployments.transition(former, "deploying", "successful", { completedAt: NOW + 11 });
        const { deployment } = await push(blog, sha("b"));
        expect([deployment?.previousDeploymentId, (await deployments.byId(deployment?.id ?? ""))?.previousDeploymentId]).toEqual([former, former]);
        expect((await push(blog, sha("a"))).outcome).toBe("queued");
    });
});

describe("a large payload", () => {
    // The pairs of half characters fall on every place where it is cut.
    const large = `{"message":"${"ü😀".repeat(300_000)}"}`;
    const blog = aRepository();
    const delivery = (payload: string, deliveryId = "one") => aDelivery({ repositoryId: blog.id, deliveryId, payload });
    const parts = async () => ((await world.database.knex("webhook_payload_parts").count({ count: "*" }))[0] as { count: number }).count;
    beforeEach(async () => await world.stores.repositories.insert(blog));

    it("is read as it came, and only by whoever asks for that delivery: a page of them would fill the memory", async () => {
        const { webhookEvents } = world.stores;
        const { event } = await webhookEvents.record(delivery(large), null);
        await webhookEvents.record(delivery("{}", "two"), null);
        expect((await webhookEvents.byId(event.id))?.payload).toBe(large);
        const payloads = async (detail?: "brief") => (await webhookEvents.page(blog.id, { page: 1, perPage: 10, ...(detail === undefined ? {} : { detail }) })).items.map(({ payload }) => payload);
        expect([await payloads(), await payloads("brief")]).toEqual([["{}", null], [null, null]]);
    });

    it("goes with what is pruned, replaced or removed", async () => {
        const { webhookEvents, repositories: stored } = world.stores;
        await webhookEvents.record(delivery(large), null);
        expect(await parts()).toBeGreaterThan(3);
        const { event } = await webhookEvents.record(delivery("{}"), null);
        expect([await parts(), (await webhookEvents.byId(event.id))?.payload]).toEqual([0, "{}"]);
        await webhookEvents.record(delivery(large), null);
        await webhookEvents.prune(0, 0);
        expect([await parts(), (await webhookEvents.byId(event.id))?.payload]).toEqual([0, null]);
        await webhookEvents.record(delivery(large, "two"), null);
        await stored.remove(blog.id);
        expect(await parts()).toBe(0);
    });
});

describe("what intake knows of a repository", () => {
    it("is what was last saved, without credentials", async () => {
        const [blog] = (await repositories()) as [Repository];
        const { repositories: stored } = world.stores;
        expect(await stored.webhookTarget(blog.id)).toMatchObject({ repository: { branch: "main", lastSyncedCommit: null }, config: null });
        expect(await stored.webhookTarget(blog.id)).not.toHaveProperty("repository.credentials");
        await stored.update(blog.id, { branch: "next" });
        expect(await stored.webhookTarget(blog.id)).toMatchObject({ repository: { branch: "next" } });
        await push(blog, sha("a"));
        const asked = statements.length;
        expect(await stored.webhookTarget(blog.id)).toMatchObject({ repository: { lastSyncedCommit: sha("a") } });
        expect(statements).toHaveLength(asked);
        await stored.remove(blog.id);
        expect(await stored.webhookTarget(blog.id)).toBeNull();
    });
});
