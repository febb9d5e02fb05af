import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase, type Database } from "../../db/database.ts";
import type { BuildConfig, Deployment, Repository, WebhookEvent } from "../../backend/domain/entities.ts";
import type { Publisher } from "../../backend/domain/ports.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { createStores, type Stores } from "../../backend/store/stores.ts";
import { loadVault } from "../../backend/vault/vault.ts";
import { WebhookReceiver, type WebhookReceiverParts } from "../../backend/webhook/receive.ts";
import type { WebhookEventView } from "../../common/views.ts";
import { aBuildConfig, aRepository } from "../fixtures/rows.ts";

const SECRET = "a-secret-of-32-random-bytes-or-so";
const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);
const NOW = 1_795_000_000_000;

let directory: string;
let database: Database;
let stores: Stores;
let repository: Repository;
let queued: { deployment: Deployment; superseded: Deployment | null }[];
let published: { event: string; payload: unknown }[];
let now: number;

beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), "webhook-receive-"));
    database = await openDatabase({ directory });
    await database.migrate(NOW);
    now = NOW;
    const vault = loadVault({ directory, secretKey: "0123456789abcdef".repeat(4), previousSecretKeys: [] });
    stores = createStores({ knex: database.knex, vault, clock: { now: () => now, monotonic: () => now, sleep: async () => undefined }, random });
    queued = [];
    published = [];
    repository = makeRepository();
    await stores.repositories.insert(repository);
    await stores.buildConfigs.insert(makeConfig());
});

afterEach(async () => {
    await database.close();
    await rm(directory, { recursive: true });
});

const random = { uuid: () => randomUUID(), token: () => "token" };

function makeRepository(values: Partial<Repository> = {}): Repository {
    return aRepository({ url: "https://git.example.com/acme/blog.git", provider: "github", webhookSecret: new Secret(SECRET), createdAt: NOW, updatedAt: NOW, ...values });
}

function makeConfig(): BuildConfig {
    return aBuildConfig({ repositoryId: repository.id, maxRetries: 3, createdAt: NOW, updatedAt: NOW });
}

function makeReceiver(changes: Partial<WebhookReceiverParts> = {}): WebhookReceiver {
    const publisher: Publisher = { publish: (event, payload) => void published.push({ event, payload }) };
    const silent = () => undefined;
    return new WebhookReceiver({
        repositories: stores.repositories,
        events: stores.webhookEvents,
        deployments: stores.deployments,
        clock: { now: () => now, monotonic: () => now, sleep: async () => undefined },
        random,
        publisher,
        audit: stores.audit,
        logger: { debug: silent, info: silent, warn: silent, error: silent },
        onQueued: (enqueued) => void queued.push(enqueued),
        toView: (event: WebhookEvent) => ({ id: event.id, verdict: event.verdict }) as WebhookEventView,
        ...changes,
    });
}

interface PushOptions {
    after?: string;
    before?: string;
    ref?: string;
    files?: string[];
    message?: string;
    deliveryId?: string;
    secret?: string;
    headers?: Record<string, string>;
    event?: string;
}

function delivery(options: PushOptions = {}) {
    const after = options.after ?? B;
    const payload = {
        ref: options.ref ?? "refs/heads/main",
        before: options.before ?? A,
        after,
        commits: [{ id: after, message: options.message ?? "Change", author: { name: "Ann" }, added: [], modified: options.files ?? ["src/a.ts"], removed: [] }],
        head_commit: { id: after, message: options.message ?? "Change", author: { name: "Ann" } },
        pusher: { name: "ann" },
        repository: { id: 1, full_name: "acme/blog", clone_url: "https://git.example.com/acme/blog.git" },
    };
    return signed(Buffer.from(JSON.stringify(payload)), options);
}

function signed(body: Buffer, options: PushOptions = {}) {
    const signature = createHmac("sha256", options.secret ?? SECRET).update(body).digest("hex");
    return {
        repositoryId: repository.id,
        body,
        address: "192.0.2.1",
        headers: { "x-github-event": options.event ?? "push", "x-github-delivery": options.deliveryId ?? randomUUID(), "x-hub-signature-256": `sha256=${signature}`, ...options.headers },
    };
}

const events = async () => (await stores.webhookEvents.page(repository.id, { page: 1, perPage: 50 })).items;
const run = async (id: string) => {
    const claimed = await stores.deployments.claim({ owner: "test", until: now + 60_000 }, now);
    expect(claimed?.id).toBe(id);
};

describe("the newest commit of the branch", () => {
    const head = async () => (await stores.repositories.byId(repository.id))?.lastSyncedCommit ?? null;

    it("is known from a push that deploys nothing, and told", async () => {
        const seen: string[] = [];
        const receiver = makeReceiver({ headSeen: (stack) => void seen.push(stack) });
        expect((await receiver.receive(delivery({ after: B, message: "Typo [skip ci]" }))).body).toMatchObject({ ignored: "SKIP_MARKER" });
        expect([await head(), seen]).toEqual([B, ["blog"]]);
        await receiver.receive(delivery({ ref: "refs/heads/other", after: C }));
        await receiver.receive(delivery({ after: C, secret: "not the secret" }));
        expect([await head(), seen]).toEqual([B, ["blog"]]);
    });
});

describe("a genuine push", () => {
    it("is recorded and queued, and then told", async () => {
        const incoming = delivery({ deliveryId: "d-1", headers: { authorization: "Bearer of-a-proxy", cookie: "a=b" } });
        const answer = await makeReceiver().receive(incoming);
        expect(answer).toMatchObject({ status: 202, body: { ok: true } });
        const [event] = await events();
        const deployment = await stores.deployments.byId(event?.deploymentId ?? "");
        expect(answer.body).toEqual({ ok: true, deploymentId: deployment?.id });
        expect(deployment).toMatchObject({
            stackId: "blog", repositoryId: repository.id, kind: "deploy", commitSha: B, beforeSha: A, branch: "main", tag: null, status: "pending",
            commitMessage: "Change", commitAuthor: "Ann", triggeredBy: "webhook", triggeredByUser: "ann", previousDeploymentId: null, mustCheckPaths: false,
        });
        expect(event).toMatchObject({ provider: "github", eventType: "push", deliveryId: "d-1", verified: true, processed: true, verdict: "deploy", payload: incoming.body.toString(), signature: incoming.headers["x-hub-signature-256"] });
        expect(event?.headers).toEqual({ "x-github-event": "push", "x-github-delivery": "d-1" });
        expect(queued).toMatchObject([{ deployment: { id: deployment?.id }, superseded: null }]);
        expect(published.map(({ event: name }) => name)).toEqual(["webhookEventReceived"]);
        expect((await stores.audit.page({ page: 1, perPage: 10 })).items).toMatchObject([{ action: "webhook.queued", stackId: "blog", actor: { kind: "webhook", name: "ann", address: "192.0.2.1" }, details: { deploymentId: deployment?.id } }]);
    });

    it("replaces the pending one, and both are handed on to be told of", async () => {
        const receiver = makeReceiver();
        const first = await receiver.receive(delivery({ after: B }));
        const second = await receiver.receive(delivery({ after: C }));
        expect(second.status).toBe(202);
        expect(queued[1]).toMatchObject({ deployment: { commitSha: C }, superseded: { id: first.body.ok && "deploymentId" in first.body ? first.body.deploymentId : "", status: "cancelled", errorCode: "SUPERSEDED" } });
        expect(queued).toHaveLength(2);
    });

    it("sent again under its id is a duplicate", async () => {
        const receiver = makeReceiver();
        const first = await receiver.receive(delivery({ deliveryId: "d-1" }));
        const again = await receiver.receive(delivery({ deliveryId: "d-1" }));
        expect(again).toMatchObject({ status: 200, body: { ok: true, duplicate: true, deploymentId: "deploymentId" in first.body ? first.body.deploymentId : "" } });
        expect(queued).toHaveLength(1);
    });

    it("that comes twice at once, under two ids, leads to one run", async () => {
        const receiver = makeReceiver();
        const answers = await Promise.all([receiver.receive(delivery()), receiver.receive(delivery())]);
        expect(answers.map(({ status }) => status)).toEqual([202, 200]);
        expect(new Set(answers.map(({ body }) => ("deploymentId" in body ? body.deploymentId : "")))).toHaveProperty("size", 1);
        expect((await events()).map(({ verdict }) => verdict).sort()).toEqual(["deploy", "duplicate"]);
    });

    it("back to the commit that is running still deploys when another one waits", async () => {
        const receiver = makeReceiver();
        const first = await receiver.receive(delivery({ after: B }));
        await run("deploymentId" in first.body ? first.body.deploymentId : "");
        expect(await receiver.receive(delivery({ after: B }))).toMatchObject({ status: 200, body: { duplicate: true } });
        await receiver.receive(delivery({ after: C }));
        expect(await receiver.receive(delivery({ after: B, before: C }))).toMatchObject({ status: 202 });
        expect(await stores.deployments.pendingOf("blog")).toMatchObject({ commitSha: B });
    });

    it("that was not stored may be sent again", async () => {
        const failing = { ...stores.webhookEvents, record: async () => Promise.reject(new Error("SQLITE_FULL")) };
        const answer = await makeReceiver({ events: failing }).receive(delivery({ deliveryId: "d-1" }));
        expect(answer).toMatchObject({ status: 503, body: { ok: false, code: "STORE_UNAVAILABLE" }, headers: { "retry-after": "30" } });
        expect(queued).toEqual([]);
        expect(await makeReceiver().receive(delivery({ deliveryId: "d-1" }))).toMatchObject({ status: 202 });
    });

    it("is answered although telling about it fails", async () => {
        const publisher: Publisher = { publish: () => { throw new Error("nobody listens"); } };
        expect(await makeReceiver({ publisher }).receive(delivery())).toMatchObject({ status: 202 });
    });

    it("of several changes queues the last one that deploys", async () => {
        await stores.repositories.update(repository.id, { provider: "bitbucket" });
        const change = (name: string, hash: string) => ({ old: { target: { hash: A } }, new: { name, type: "branch", target: { hash, message: "m" } } });
        const body = Buffer.from(JSON.stringify({ push: { changes: [change("main", B), change("main", C), change("dev", A)] }, repository: { full_name: "acme/blog" }, actor: { display_name: "Ann" } }));
        const signature = createHmac("sha256", SECRET).update(body).digest("hex");
        const answer = await makeReceiver().receive({ repositoryId: repository.id, body, address: "192.0.2.1", headers: { "x-event-key": "repo:push", "x-request-uuid": "r-1", "x-hub-signature": `sha256=${signature}` } });
        expect(answer.status).toBe(202);
        expect(await stores.deployments.pendingOf("blog")).toMatchObject({ commitSha: C, branch: "main" });
    });
});

describe("a genuine delivery that deploys nothing", () => {
    it("is answered 200 with the reason, and recorded with it", async () => {
        const answer = await makeReceiver().receive(delivery({ ref: "refs/heads/dev" }));
        expect(answer).toMatchObject({ status: 200, body: { ok: true, ignored: "BRANCH_NOT_MATCHED", reason: "The push is to dev; this stack follows main." } });
        expect(await events()).toMatchObject([{ verified: true, processed: true, deploymentId: null, verdict: "ignore: BRANCH_NOT_MATCHED. The push is to dev; this stack follows main." }]);
        expect(queued).toEqual([]);
    });

    it.each([
        ["PING", signedEvent("ping", { zen: "z" })],
        ["PULL_REQUEST", signedEvent("pull_request", { action: "opened", number: 1, pull_request: {} })],
        ["EVENT_NOT_HANDLED", signedEvent("star", {})],
        ["REF_DELETED", signedEvent("push", { ref: "refs/heads/main", before: A, after: "0".repeat(40), deleted: true })],
    ])("%s", async (code, make) => {
        expect(await makeReceiver().receive(make())).toMatchObject({ status: 200, body: { ok: true, ignored: code } });
    });

    it("that cannot be read is answered 400 and kept to be looked at", async () => {
        expect(await makeReceiver().receive(signed(Buffer.from("{not json")))).toMatchObject({ status: 400, body: { ok: false, code: "PAYLOAD_INVALID" } });
        expect(await events()).toMatchObject([{ verified: true, processed: false, payload: "{not json", verdict: "reject: PAYLOAD_INVALID", error: "The body is not valid JSON." }]);
    });
});

function signedEvent(event: string, payload: object) {
    return () => signed(Buffer.from(JSON.stringify(payload)), { event });
}

describe("a delivery that is not genuine", () => {
    it("is recorded without payload and id, and refused", async () => {
        const answer = await makeReceiver().receive(delivery({ secret: "wrong", deliveryId: "d-1" }));
        expect(answer).toMatchObject({ status: 401, body: { ok: false, code: "SIGNATURE_INVALID" } });
        expect(await events()).toMatchObject([{ verified: false, processed: false, payload: null, deliveryId: null, verdict: "reject: SIGNATURE_INVALID", deploymentId: null }]);
        // The same id with the right secret is nobody's duplicate.
        expect(await makeReceiver().receive(delivery({ deliveryId: "d-1" }))).toMatchObject({ status: 202 });
    });

    it("never leaves GitLab's token in the database", async () => {
        await stores.repositories.update(repository.id, { provider: "gitlab" });
        const body = Buffer.from(JSON.stringify({ object_kind: "push", ref: "refs/heads/main", before: A, after: B }));
        const send = (token: string) => makeReceiver().receive({ repositoryId: repository.id, body, address: "192.0.2.1", headers: { "x-gitlab-event": "Push Hook", "x-gitlab-token": token } });
        expect((await send("wrong-token")).status).toBe(401);
        expect((await send(SECRET)).status).toBe(202);
        const stored = JSON.stringify(await database.knex("webhook_events").select("*"));
        expect(stored).not.toContain(SECRET);
        expect(stored).not.toContain("wrong-token");
    });

    it("is slowed down, while genuine ones pass from the same address", async () => {
        const receiver = makeReceiver({ limits: { rejectedPerSender: 3, rejectedRecords: 2 } });
        const statuses = [];
        for (let index = 0; index < 5; index++) {
            statuses.push((await receiver.receive(delivery({ secret: "wrong" }))).status);
        }
        expect(statuses).toEqual([401, 401, 401, 429, 429]);
        expect(await events()).toHaveLength(2);
        expect((await receiver.receive(delivery())).status).toBe(202);
    });

    it("an address, and a repository, that sends too much is told when to come back", async () => {
        const byAddress = makeReceiver({ limits: { perAddress: 1 } });
        await byAddress.receive(delivery());
        const refused = await byAddress.receive(delivery({ secret: "wrong" }));
        expect(refused).toMatchObject({ status: 429, body: { ok: false, code: "TOO_MANY_REQUESTS" } });
        expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
        expect((await byAddress.receive({ ...delivery(), repositoryId: randomUUID() })).status).toBe(429);
        expect((await byAddress.receive(delivery({ after: C, message: "x".repeat(300_000) }))).status).toBe(429);
        // A flood from the same address, or through the same proxy, holds up no genuine one of usual size.
        expect((await byAddress.receive(delivery({ after: C }))).status).toBe(202);
        const byRepository = makeReceiver({ limits: { perRepository: 1 } });
        expect((await byRepository.receive(delivery({ ref: "refs/heads/x" }))).status).toBe(200);
        expect((await byRepository.receive({ ...delivery(), address: "192.0.2.3" })).status).toBe(429);
    });

    it("an unsigned test of Bitbucket Data Center asks for nothing and is welcome", async () => {
        await stores.repositories.update(repository.id, { provider: "bitbucket_dc" });
        const ping = { repositoryId: repository.id, body: Buffer.from('{"test": true}'), address: "192.0.2.1", headers: { "x-event-key": "diagnostics:ping" } };
        expect(await makeReceiver().receive(ping)).toMatchObject({ status: 200, body: { ok: true, ignored: "PING" } });
        expect((await makeReceiver().receive({ ...ping, headers: { ...ping.headers, "x-hub-signature": "sha256=00" } })).status).toBe(401);
        expect((await makeReceiver().receive({ ...ping, headers: { "x-event-key": "repo:refs_changed" } })).status).toBe(401);
    });

    it("for a repository that does not exist is answered alike for every id", async () => {
        const answers = await Promise.all(["", "nonsense", "../../etc", randomUUID()].map((repositoryId) => makeReceiver().receive({ ...delivery(), repositoryId })));
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(answers[0]).toMatchObject({ status: 404, body: { ok: false, code: "NOT_FOUND" } });
    });

    it("and one that is too long is answered 413", async () => {
        expect(await makeReceiver().receive({ ...delivery(), body: Buffer.alloc(25 * 1024 * 1024 + 1) })).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });
    });
});

describe("a rotated secret", () => {
    it("works until its time is over", async () => {
        await stores.repositories.update(repository.id, { webhookSecret: new Secret("the-new-secret"), previousWebhookSecret: new Secret(SECRET), previousSecretValidUntil: NOW + 1000 });
        expect((await makeReceiver().receive(delivery({ secret: "the-new-secret" }))).status).toBe(202);
        expect((await makeReceiver().receive(delivery({ after: C }))).status).toBe(202);
        now = NOW + 1000;
        expect((await makeReceiver().receive(delivery())).status).toBe(401);
    });

    it("and an unlinked repository count at once, although deliveries have come before", async () => {
        const receiver = makeReceiver();
        const statusOf = async (changes: Parameters<typeof delivery>[0]) => (await receiver.receive(delivery(changes))).status;
        expect(await statusOf({})).toBe(202);
        await stores.repositories.update(repository.id, { webhookSecret: new Secret("the-new-secret"), previousWebhookSecret: null, previousSecretValidUntil: null });
        expect([await statusOf({ after: C }), await statusOf({ after: C, secret: "the-new-secret" })]).toEqual([401, 202]);
        await stores.repositories.remove(repository.id);
        expect([await statusOf({ after: C, secret: "the-new-secret" }), await statusOf({})]).toEqual([404, 404]);
    });
});

describe("processing again", () => {
    const actor = { kind: "user", name: "admin", address: null } as const;

    it("decides by today's settings and queues, also what was queued before", async () => {
        const receiver = makeReceiver();
        await receiver.receive(delivery({ ref: "refs/heads/dev" }));
        const [event] = await events();
        expect(await receiver.process(event?.id ?? "", actor)).toEqual({ verdict: event?.verdict, deploymentId: null });
        await stores.repositories.update(repository.id, { branch: "dev" });
        const first = await receiver.process(event?.id ?? "", actor);
        expect(first.verdict).toBe("deploy");
        const second = await receiver.process(event?.id ?? "", actor);
        expect(second.deploymentId).not.toBe(first.deploymentId);
        expect(await events()).toMatchObject([{ verdict: "deploy", deploymentId: second.deploymentId }]);
        expect(queued).toMatchObject([{ deployment: { branch: "dev", commitSha: B, triggeredByUser: "admin" } }, { superseded: { id: first.deploymentId } }]);
    });

    it("reads what came as a form", async () => {
        await stores.repositories.update(repository.id, { branch: "other" });
        const json = delivery().body.toString();
        const body = Buffer.from(`payload=${encodeURIComponent(json)}`);
        const receiver = makeReceiver();
        await receiver.receive(signed(body, { headers: { "content-type": "application/x-www-form-urlencoded" } }));
        const [event] = await events();
        expect(event?.payload).toBe(json);
        await stores.repositories.update(repository.id, { branch: "main" });
        expect(await receiver.process(event?.id ?? "", actor)).toMatchObject({ verdict: "deploy" });
    });

    it("refuses what was never genuine, what is not kept and what is not there", async () => {
        const receiver = makeReceiver();
        await receiver.receive(delivery({ secret: "wrong" }));
        const [rejected] = await events();
        await expect(receiver.process(rejected?.id ?? "", actor)).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
        await receiver.receive(delivery({ ref: "refs/heads/dev", deliveryId: "d-2" }));
        const kept = await stores.webhookEvents.byDelivery(repository.id, "d-2");
        await stores.webhookEvents.prune(0, NOW + 1);
        await expect(receiver.process(kept?.id ?? "", actor)).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
        await expect(receiver.process(randomUUID(), actor)).rejects.toMatchObject({ code: "NOT_FOUND" });
        expect(queued).toEqual([]);
    });
});
