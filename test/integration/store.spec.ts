import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeploymentListInput } from "../../common/schemas.ts";
import type { ApiToken, BuildConfig, Deployment, Release, Repository, WebhookEvent } from "../../backend/domain/entities.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { SEARCHED } from "../../backend/store/deployment-page.ts";
import { columnName } from "../../backend/store/row-mapper.ts";
import { aBuildConfig, aDelivery, aDeployment, aRelease, aRepository, NOW } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

const SHA = "c".repeat(40);

/** Every field with a value that is nobody's default, so that one that is not stored shows. */
const repository: Required<Repository> = {
    id: "11111111-1111-4111-8111-111111111111",
    stackId: "blog",
    url: "ssh://git@git.example.com:2222/me/blog.git",
    branch: "release/2",
    authType: "ssh_key",
    credentials: { username: "deployer", token: new Secret("token-plain-value"), privateKey: new Secret("private-plain-value"), passphrase: new Secret("passphrase-plain-value") },
    provider: "forgejo",
    webhookSecret: new Secret("webhook-plain-value"),
    previousWebhookSecret: new Secret("previous-plain-value"),
    previousSecretValidUntil: NOW + 1,
    webhookSigningToken: new Secret("signing-plain-value"),
    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJsb2c= git-deploy blog",
    autoSync: true,
    syncInterval: 77,
    syncCron: "*/7 * * * *",
    fetchSubmodules: true,
    fetchLfs: true,
    lastSyncedAt: NOW + 2,
    lastSyncedCommit: SHA,
    autoDeployPausedAt: NOW + 3,
    createdAt: NOW + 4,
    updatedAt: NOW + 5,
};

const config: Required<BuildConfig> = {
    id: "22222222-2222-4222-8222-222222222222",
    stackId: "blog",
    repositoryId: repository.id,
    buildType: "script",
    dockerfilePath: "docker/Dockerfile",
    composePath: "deploy/compose.yaml",
    buildArgs: [
        { name: "Z", value: "26" },
        { name: "A", value: "" },
    ],
    preBuildCommands: ["make it", "echo \"b\""],
    postBuildCommands: ["make sure"],
    script: "set -eu\nmake\n",
    commandImage: "node:20",
    environmentVariables: [
        { name: "PASSWORD", value: new Secret("variable-plain-value"), isSecret: true },
        { name: "COLOUR", value: new Secret("blue"), isSecret: false },
    ],
    timeout: 61,
    autoDeployOnPush: false,
    autoDeployBranches: ["main", "release/.*"],
    autoDeployTags: ["v\\d+"],
    includePaths: ["app/**"],
    excludePaths: ["**/*.md"],
    healthCheckPath: "web:8080/healthz",
    healthCheckTimeout: 62,
    settleTime: 63,
    rollbackOnFailure: false,
    cancelSupersededBuilds: true,
    keepReleases: 7,
    maxRetries: 8,
    createdAt: NOW + 6,
    updatedAt: NOW + 7,
};

const deployment: Required<Deployment> = {
    id: "33333333-3333-4333-8333-333333333333",
    stackId: "blog",
    buildConfigId: config.id,
    repositoryId: repository.id,
    kind: "rollback",
    commitSha: SHA,
    commitMessage: "Grüße\n\n100 % done_",
    commitAuthor: "Ann <ann@example.com>",
    branch: "release/2",
    tag: "v2",
    beforeSha: "d".repeat(40),
    mustCheckPaths: true,
    isRebuild: true,
    status: "failed",
    startedAt: NOW + 8,
    completedAt: NOW + 9,
    error: "It broke.",
    errorCode: "BUILD_FAILED",
    triggeredBy: "api",
    triggeredByUser: "ci",
    previousDeploymentId: "44444444-4444-4444-8444-444444444444",
    releaseId: "55555555-5555-4555-8555-555555555555",
    attempt: 3,
    notBefore: NOW + 10,
    createdAt: NOW + 11,
};

const release: Required<Release> = {
    id: "55555555-5555-4555-8555-555555555555",
    stackId: "blog",
    repositoryId: repository.id,
    deploymentId: deployment.id,
    commitSha: SHA,
    treeId: "e".repeat(40),
    composeYaml: "services: {}\n",
    composeFile: "compose.yaml",
    healthCheckPath: "/healthz",
    env: new Secret("A=release-plain-value\n"),
    isEnvTracked: null,
    services: [{ service: "web", imageRef: "blog-web", imageId: "sha256:1", keepTag: "blog-web:keep", buildKey: "key-1", origin: "built" }],
    status: "healthy",
    createdAt: NOW + 12,
    healthyAt: NOW + 13,
};

const delivery: Required<WebhookEvent> = {
    id: "66666666-6666-4666-8666-666666666666",
    repositoryId: repository.id,
    provider: "forgejo",
    eventType: "push",
    deliveryId: "delivery-1",
    payload: "{\"ref\":\"refs/heads/main\"}",
    headers: { "x-forgejo-event": "push" },
    signature: "sha256=00",
    verified: true,
    processed: true,
    verdict: "deploy",
    deploymentId: deployment.id,
    receivedAt: NOW + 14,
    processedAt: NOW + 15,
    error: "none",
};

const token: Required<ApiToken> = { id: "77777777-7777-4777-8777-777777777777", name: "ci", hash: "ab".repeat(32), createdAt: NOW + 16, lastUsedAt: NOW + 17, expiresAt: NOW + 18 };

/** Secrets as text, which plain equality does not look into. */
function revealed(value: unknown): unknown {
    if (value instanceof Secret) {
        return { secret: value.reveal() };
    }
    if (Array.isArray(value)) {
        return value.map(revealed);
    }
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)])) : value;
}

describe("the stores", () => {
    let world: TemporaryDatabase;
    beforeEach(async () => {
        world = await temporaryDatabase();
    });
    afterEach(() => world.remove());

    it("give every field back as it was stored, after a restart too", async () => {
        const { repositories, buildConfigs, deployments, releases, webhookEvents, apiTokens } = world.stores;
        await repositories.insert(repository);
        await buildConfigs.insert(config);
        await deployments.enqueue(deployment);
        await releases.insert(release);
        await webhookEvents.record(delivery, null);
        await apiTokens.insert(token);
        world = await world.reopen();
        const { stores } = world;
        expect(revealed(await stores.repositories.byId(repository.id))).toEqual(revealed(repository));
        expect(revealed(await stores.repositories.byStack("blog"))).toEqual(revealed(repository));
        expect(revealed(await stores.repositories.all())).toEqual(revealed([repository]));
        expect(revealed(await stores.buildConfigs.byStack("blog"))).toEqual(revealed(config));
        expect(revealed(await stores.buildConfigs.all())).toEqual(revealed([config]));
        expect(await stores.deployments.byId(deployment.id)).toEqual(deployment);
        expect(revealed(await stores.releases.byId(release.id))).toEqual(revealed(release));
        expect(await stores.webhookEvents.byDelivery(repository.id, "delivery-1")).toEqual(delivery);
        expect(await stores.apiTokens.byHash(token.hash)).toEqual(token);
    });

    it("keep no secret in plain text anywhere in the file", async () => {
        await world.stores.repositories.insert(repository);
        await world.stores.buildConfigs.insert(config);
        await world.stores.releases.insert(release);
        const { knex } = world.database;
        for (const { name } of await knex.raw<{ name: string }[]>("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
            expect(JSON.stringify(await knex(name))).not.toContain("plain-value");
        }
        expect(JSON.stringify(await knex("ssh_keys").first())).toMatch(/"type":"ssh-ed25519".*"fingerprint":"SHA256:[A-Za-z0-9+/]{43}"/);
    });

    it("change exactly what an update names, for each field alone", async () => {
        const { repositories, buildConfigs } = world.stores;
        const plain = aRepository({ id: repository.id });
        await repositories.insert(plain);
        await buildConfigs.insert(aBuildConfig({ id: config.id, repositoryId: repository.id }));
        let expectedRepository: Repository = plain;
        for (const field of Object.keys(repository).filter((name) => !["id", "stackId", "createdAt"].includes(name)) as "url"[]) {
            await repositories.update(repository.id, { [field]: repository[field] });
            expectedRepository = { ...expectedRepository, [field]: repository[field] };
            expect(revealed(await repositories.byId(repository.id)), field).toEqual(revealed(expectedRepository));
        }
        let expectedConfig = (await buildConfigs.byStack("blog")) ?? config;
        for (const field of Object.keys(config).filter((name) => !["id", "stackId", "repositoryId", "createdAt"].includes(name)) as "script"[]) {
            await buildConfigs.update(config.id, { [field]: config[field] });
            expectedConfig = { ...expectedConfig, [field]: config[field] };
            expect(revealed(await buildConfigs.byStack("blog")), field).toEqual(revealed(expectedConfig));
        }
        await repositories.update(repository.id, { credentials: { username: null, token: null, privateKey: null, passphrase: null }, publicKey: null });
        expect(await world.database.knex("ssh_keys")).toEqual([]);
    });

    it("have a column for each name of the data model", async () => {
        const { knex } = world.database;
        const expected: Record<string, string[]> = {
            git_repositories: ["id", "stackId", "url", "branch", "authType", "credentials", "webhookSecret", "webhookSigningToken", "webhookUrl", "provider", "autoSync", "lastSyncedAt", "lastSyncedCommit", "createdAt", "updatedAt"],
            build_configs: ["id", "stackId", "repositoryId", "buildType", "dockerfilePath", "composePath", "preBuildCommands", "postBuildCommands", "timeout", "autoDeployOnPush", "autoDeployBranches", "includePaths", "excludePaths", "healthCheckPath", "healthCheckTimeout", "rollbackOnFailure", "keepReleases", "maxRetries", "createdAt", "updatedAt"],
            build_args: ["name", "value"],
            env_vars: ["name", "value", "secret"],
            deployments: ["id", "stackId", "buildConfigId", "repositoryId", "commitSha", "commitMessage", "commitAuthor", "branch", "tag", "status", "startedAt", "completedAt", "duration", "buildLogs", "deploymentLogs", "error", "errorCode", "triggeredBy", "triggeredByUser", "previousDeploymentId", "createdAt"],
            webhook_events: ["id", "repositoryId", "provider", "eventType", "deliveryId", "payload", "headers", "signature", "verified", "processed", "verdict", "deploymentId", "receivedAt", "processedAt", "error"],
            deployment_steps: ["id"],
            releases: ["id"],
            ssh_keys: ["fingerprint", "publicKey", "privateKey"],
            api_tokens: ["hash"],
            audit_log: ["at"],
        };
        for (const [table, fields] of Object.entries(expected)) {
            expect(Object.keys(await knex(table).columnInfo()), table).toEqual(expect.arrayContaining(fields.map(columnName)));
        }
    });

    it("remove a repository with all that is its own, and leave the history", async () => {
        const { repositories, buildConfigs, deployments, releases, webhookEvents } = world.stores;
        await repositories.insert(repository);
        await buildConfigs.insert(config);
        await releases.insert(release);
        await webhookEvents.record(delivery, deployment);
        await repositories.setSyncedRefs(repository.id, new Map([["refs/heads/main", SHA]]));
        await repositories.remove(repository.id);
        expect(await repositories.all()).toEqual([]);
        for (const table of ["ssh_keys", "build_configs", "build_args", "env_vars", "webhook_events", "synced_refs"]) {
            expect(await world.database.knex(table), table).toEqual([]);
        }
        expect(await deployments.byId(deployment.id)).not.toBeNull();
        // Its files went with the mirror, so a stack that is linked anew never rolls back to it.
        expect(await releases.byId(release.id)).toMatchObject({ status: "removed" });
        await repositories.setSyncedRefs(repository.id, new Map([["refs/heads/main", SHA]]));
    });

    it("forget what polling saw when the URL changes", async () => {
        const { repositories } = world.stores;
        await repositories.insert(repository);
        const refs = new Map([["refs/heads/main", SHA]]);
        await repositories.setSyncedRefs(repository.id, refs);
        await repositories.update(repository.id, { branch: "other" });
        expect(await repositories.syncedRefs(repository.id)).toEqual(refs);
        await repositories.update(repository.id, { url: "https://git.example.com/other.git" });
        expect((await repositories.syncedRefs(repository.id)).size).toBe(0);
    });

    it("write duration and the place of the log beside a deployment", async () => {
        const row = aDeployment({ createdAt: Date.UTC(2027, 1, 3) });
        await world.stores.deployments.enqueue(row);
        await world.stores.deployments.claim({ owner: "a", until: NOW * 2 }, NOW);
        await world.stores.deployments.transition(row.id, "building", "failed", { completedAt: NOW + 1500 });
        const log = `logs/2027-02/${row.id}.log`;
        expect(await world.database.knex("deployments").first()).toMatchObject({ duration: 1.5, build_logs: log, deployment_logs: log, lease_owner: null });
    });

    it("page through the history by every filter, newest first", async () => {
        const { knex } = world.database;
        const { deployments } = world.stores;
        const day = Date.UTC(2027, 0, 10);
        const history = [
            aDeployment({ status: "failed", createdAt: day, commitMessage: "50% faster", branch: "main", commitSha: "1".repeat(40) }),
            aDeployment({ status: "successful", createdAt: day, commitMessage: "50 x faster", branch: "main", triggeredBy: "manual", commitSha: "2".repeat(40) }),
            aDeployment({ status: "successful", createdAt: day + 86_399_999, commitAuthor: "Zoe", branch: "next", commitSha: "3".repeat(40) }),
            aDeployment({ status: "rolled_back", createdAt: day + 86_400_000, tag: "v_1", branch: null, commitSha: "4".repeat(40) }),
        ];
        for (const row of history) {
            await deployments.enqueue(row);
        }
        await deployments.enqueue(aDeployment({ stackId: "shop", status: "failed", commitMessage: "50% faster" }));
        const found = async (filter: Partial<DeploymentListInput>) => {
            const page = await deployments.page("blog", { page: 1, perPage: 10, ...filter });
            expect(page.total).toBe(page.items.length);
            return page.items.map((row) => Number(row.commitSha?.[0]));
        };
        expect(await found({})).toEqual([4, 3, 2, 1]);
        expect(await found({ status: ["failed", "rolled_back"] })).toEqual([4, 1]);
        expect(await found({ triggeredBy: ["manual"] })).toEqual([2]);
        expect(await found({ branch: "main" })).toEqual([2, 1]);
        expect(await found({ from: "2027-01-11" })).toEqual([4]);
        expect(await found({ to: "2027-01-10" })).toEqual([3, 2, 1]);
        expect(await found({ from: "2027-01-10T00:00:00Z", to: "2027-01-10T00:00:00Z" })).toEqual([2, 1]);
        expect(await found({ q: "50% FASTER" })).toEqual([1]);
        expect(await found({ q: "v_1" })).toEqual([4]);
        expect(await found({ q: "zoe" })).toEqual([3]);
        expect(await found({ q: "2222" })).toEqual([2]);
        expect(await found({ q: "next", status: ["failed"] })).toEqual([]);
        const second = { page: 2, perPage: 1 };
        expect(await deployments.page("blog", second)).toMatchObject({ total: 4, page: 2, perPage: 1, items: [{ commitAuthor: "Zoe" }] });
        expect(await deployments.page("blog", { ...second, q: "faster" })).toMatchObject({ total: 2, items: [{ commitMessage: "50% faster" }] });
        expect(await deployments.page("blog", { page: 9, perPage: 1, q: "faster" })).toMatchObject({ total: 2, items: [] });
        const plan = await knex.raw<{ detail: string }[]>("EXPLAIN QUERY PLAN SELECT * FROM deployments WHERE stack_id = 'blog' ORDER BY created_at DESC, rowid DESC LIMIT 20");
        expect(plan.map((step) => step.detail).join()).toMatch(/USING INDEX deployments_history(?!.*TEMP B-TREE)/);
        const searching = await knex.raw<{ detail: string }[]>(`EXPLAIN QUERY PLAN SELECT count(*) FROM deployments INDEXED BY deployments_search WHERE stack_id = 'blog' AND instr(${SEARCHED}, 'x') > 0`);
        expect(searching.map((step) => step.detail).join()).toContain("USING COVERING INDEX deployments_search");
    });

    it("find the release to be on and an image to use again", async () => {
        const { releases } = world.stores;
        const older = aRelease({ status: "healthy", createdAt: NOW, healthyAt: NOW + 1, services: release.services });
        const newer = aRelease({ status: "healthy", createdAt: NOW + 2, healthyAt: NOW + 3 });
        await releases.insert(aRelease({ status: "baseline", createdAt: NOW - 1 }));
        expect((await releases.currentOf("blog"))?.status).toBe("baseline");
        await releases.insert(older);
        await releases.insert(newer);
        await releases.insert(aRelease({ status: "removed", createdAt: NOW + 4, services: [{ ...release.services[0]!, imageId: "sha256:gone" }] }));
        expect((await releases.currentOf("blog"))?.id).toBe(newer.id);
        expect((await releases.healthyOf("blog")).map((row) => row.id)).toEqual([newer.id, older.id]);
        expect((await releases.recentOf("blog", 10)).map((row) => row.status)).toEqual(["healthy", "healthy"]);
        expect((await releases.healthyIds()).size).toBe(2);
        expect(await releases.findReusable("blog", "web", "key-1")).toEqual({ imageId: "sha256:1", keepTag: "blog-web:keep" });
        expect(await releases.findReusable("blog", "web", "key-2")).toBeNull();
        expect(await releases.findReusable("shop", "web", "key-1")).toBeNull();
    });

    it("take the release made last for the newest, also when the clock was set back an hour before it", async () => {
        const { releases } = world.stores;
        const before = aRelease({ status: "healthy", commitSha: "a".repeat(40), createdAt: NOW, healthyAt: NOW + 1 });
        const after = aRelease({ status: "healthy", commitSha: "b".repeat(40), createdAt: NOW - 3_600_000, healthyAt: NOW - 3_599_000 });
        await releases.insert(before);
        await releases.insert(after);
        expect((await releases.currentOf("blog"))?.id).toBe(after.id);
        expect((await releases.healthyOf("blog")).map((row) => row.id)).toEqual([after.id, before.id]);
        expect((await releases.deployed()).get("blog")?.commitSha).toBe(after.commitSha);
    });

    it("append to the audit log and page through it", async () => {
        const { audit } = world.stores;
        for (const stackId of ["blog", "shop", "blog"]) {
            await audit.append({ actor: { kind: "user", name: "ann", address: "10.0.0.1" }, action: "deployment.cancel", stackId, subject: "x", details: { why: ["a"] } });
        }
        const page = await audit.page({ stack: "blog", page: 1, perPage: 1 });
        expect(page).toMatchObject({ total: 2, items: [{ actor: { kind: "user", name: "ann", address: "10.0.0.1" }, action: "deployment.cancel", stackId: "blog", subject: "x", details: { why: ["a"] } }] });
        expect((await audit.page({ page: 1, perPage: 10 })).items).toHaveLength(3);
    });

    it("keep Dockge's users and settings as Dockge does", async () => {
        const { users, settings } = world.stores;
        const made = await Promise.all([users.createFirst({ username: "ann", passwordHash: "$2a$1" }), users.createFirst({ username: "eve", passwordHash: "$2a$2" })]);
        expect(made.filter((user) => user !== null)).toHaveLength(1);
        const first = await users.first();
        expect(first).toMatchObject({ id: 1, isActive: true, timezone: null });
        expect(await users.updatePassword(1, "$2a$3")).toBe(true);
        expect((await users.byId(1))?.passwordHash).toBe("$2a$3");
        expect(await users.findByName(first?.username ?? "")).toMatchObject({ id: 1 });
        expect(await users.create({ username: "bob", passwordHash: "$2a$4" })).toMatchObject({ id: 2, username: "bob" });
        expect(await users.count()).toBe(2);
        expect(await users.updatePassword(99, "x")).toBe(false);

        await settings.setJwtSecret(new Secret("$2a$10$raw"));
        await settings.setSettings("general", { primaryHostname: "example.com", jwtSecret: "overwritten", disableAuth: false });
        expect((await settings.jwtSecret())?.reveal()).toBe("$2a$10$raw");
        expect(await settings.getSettings("general")).toEqual({ primaryHostname: "example.com", disableAuth: false });
        await settings.set("primaryHostname", "other.example.com");
        expect(await settings.get("primaryHostname")).toBe("other.example.com");
        expect(await settings.getSettings("general")).toHaveProperty("primaryHostname", "other.example.com");
        expect(await settings.get("nothing")).toBeNull();
        expect(await world.database.knex("setting").where({ key: "primaryHostname" }).first("value", "type")).toEqual({ value: "\"other.example.com\"", type: "general" });
    });

    it("say that the database does not answer instead of what SQLite says", async () => {
        await world.database.close();
        await expect(world.stores.deployments.byId("x")).rejects.toThrow();
        world = await temporaryDatabase(world.directory);
        await world.database.knex.raw("PRAGMA query_only = ON");
        await expect(world.stores.deployments.enqueue(aDeployment())).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", status: 503 });
    });
});

it("tells what each stack runs: the release that was proved healthy last, also when that was a rollback", async () => {
    const world = await temporaryDatabase();
    try {
        const { releases } = world.stores;
        await releases.insert(aRelease({ id: "1", stackId: "blog", commitSha: "a".repeat(40), status: "healthy", createdAt: 1, healthyAt: 10 }));
        await releases.insert(aRelease({ id: "2", stackId: "blog", commitSha: "b".repeat(40), status: "healthy", createdAt: 2, healthyAt: 20 }));
        await releases.insert(aRelease({ id: "3", stackId: "blog", commitSha: "a".repeat(40), status: "healthy", createdAt: 3, healthyAt: 30 }));
        await releases.insert(aRelease({ id: "4", stackId: "blog", commitSha: "c".repeat(40), status: "failed", createdAt: 4, healthyAt: null }));
        await releases.insert(aRelease({ id: "5", stackId: "wiki", commitSha: "d".repeat(40), composeFile: null, isEnvTracked: true, status: "healthy", createdAt: 5, healthyAt: 40 }));
        const wiki = { commitSha: "d".repeat(40), composeFile: null, isEnvTracked: true };
        expect(Object.fromEntries(await releases.deployed())).toEqual({ blog: { commitSha: "a".repeat(40), composeFile: "compose.yaml", isEnvTracked: false }, wiki });
        expect(Object.fromEntries(await releases.deployed(["wiki"]))).toEqual({ wiki });
    } finally {
        await world.remove();
    }
});

it("reads what can be read of rows whose secrets do not open any more, and puts those back as they were", async () => {
    const first = await temporaryDatabase();
    const keyFile = path.join(first.directory, "git-deploy", "secret.key");
    const key = await readFile(keyFile);
    const environmentVariables = [{ name: "TOKEN", value: new Secret("of the build"), isSecret: true }, { name: "OPEN", value: new Secret("open"), isSecret: false }];
    await first.stores.repositories.insert(aRepository({ id: "old", authType: "http_token", credentials: { username: "ada", token: new Secret("of git"), privateKey: new Secret("key"), passphrase: null }, publicKey: "ssh-ed25519 AAAA" }));
    await first.stores.buildConfigs.insert(aBuildConfig({ repositoryId: "old", environmentVariables }));
    await first.stores.releases.insert(aRelease({ id: "old-release", env: new Secret("A=1") }));
    await rm(keyFile);

    const second = await first.reopen();
    const [old] = await second.stores.repositories.all();
    const [oldConfig] = await second.stores.buildConfigs.all();
    const secrets = [old?.credentials.token, old?.credentials.privateKey, old?.webhookSecret, oldConfig?.environmentVariables[0]?.value, (await second.stores.releases.byId("old-release"))?.env];
    for (const secret of secrets) {
        expect(() => secret?.reveal()).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
        expect(secret?.isEmpty).toBe(false);
    }
    expect(oldConfig?.environmentVariables[1]?.value.reveal()).toBe("open");
    // As a person saves the forms with something else changed, and one secret given anew.
    await second.stores.repositories.update("old", { branch: "next", credentials: old?.credentials ?? aRepository().credentials, webhookSecret: new Secret("new") });
    await second.stores.buildConfigs.update(oldConfig?.id ?? "", { environmentVariables: oldConfig?.environmentVariables ?? [] });
    expect((await second.stores.repositories.byStack(aRepository().stackId))?.webhookSecret.reveal()).toBe("new");

    // The former key is found in a backup: it opens what was kept, and the present one what is new.
    await writeFile(path.join(first.directory, "git-deploy", "secret.key.previous"), key, { mode: 0o600 });
    const third = await second.reopen();
    try {
        const back = await third.stores.repositories.byId("old");
        expect(back).toMatchObject({ branch: "next", credentials: { username: "ada" } });
        expect([back?.credentials.token?.reveal(), back?.credentials.privateKey?.reveal(), back?.webhookSecret.reveal()]).toEqual(["of git", "key", "new"]);
        expect((await third.stores.buildConfigs.all())[0]?.environmentVariables.map(({ name, value }) => [name, value.reveal()])).toEqual([["TOKEN", "of the build"], ["OPEN", "open"]]);
    } finally {
        await third.remove();
    }
});

describe("deliveries", () => {
    let world: TemporaryDatabase;
    beforeEach(async () => {
        world = await temporaryDatabase();
        await world.stores.repositories.insert(repository);
    });
    afterEach(() => world.remove());

    const aPush = (values: Partial<WebhookEvent> = {}) => aDelivery({ repositoryId: repository.id, deliveryId: "one", ...values });

    it("are stored together with the run they lead to, once", async () => {
        const { webhookEvents, deployments } = world.stores;
        const waiting = aDeployment({ commitSha: "b".repeat(40) });
        await deployments.enqueue(waiting);
        const pushed = aDeployment({ createdAt: NOW + 1 });
        const first = await webhookEvents.record(aPush(), pushed);
        expect(first).toMatchObject({ outcome: "queued", event: { deploymentId: pushed.id }, deployment: { id: pushed.id }, superseded: { id: waiting.id, status: "cancelled" } });
        const again = await webhookEvents.record(aPush(), aDeployment({ createdAt: NOW + 2 }));
        expect(again).toMatchObject({ outcome: "duplicate", event: { id: first.event.id }, deployment: { id: pushed.id } });
        expect((await deployments.page("blog", { page: 1, perPage: 10 })).total).toBe(2);
        expect((await webhookEvents.byDeployment(pushed.id))?.id).toBe(first.event.id);
    });

    it("are queued once however many arrive at the same moment", async () => {
        const outcomes = await Promise.all(Array.from({ length: 5 }, () => world.stores.webhookEvents.record(aPush(), aDeployment())));
        expect(outcomes.map((recorded) => recorded.outcome).sort()).toEqual(["duplicate", "duplicate", "duplicate", "duplicate", "queued"]);
    });

    it("leave neither delivery nor run when one of the two cannot be stored", async () => {
        const { webhookEvents, deployments } = world.stores;
        await expect(webhookEvents.record(aPush({ repositoryId: "nobody" }), aDeployment())).rejects.toThrow();
        expect((await deployments.page("blog", { page: 1, perPage: 10 })).total).toBe(0);
    });

    it("that led to nothing may lead to something when they are sent again", async () => {
        const { webhookEvents } = world.stores;
        const ignored = await webhookEvents.record(aPush({ verdict: "ignore" }), null);
        expect(ignored.outcome).toBe("recorded");
        const again = await webhookEvents.record(aPush({ verdict: "deploy" }), aDeployment());
        expect(again).toMatchObject({ outcome: "queued", event: { id: ignored.event.id, verdict: "deploy" } });
        expect((await webhookEvents.page(repository.id, { page: 1, perPage: 10 })).total).toBe(1);
    });

    it("that are not signed cannot occupy the id of one that is, before or after it", async () => {
        const { webhookEvents } = world.stores;
        const forged = await webhookEvents.record(aPush({ verified: false, payload: null }), null);
        expect((await webhookEvents.record(aPush(), aDeployment())).outcome).toBe("queued");
        expect((await webhookEvents.record(aPush({ verified: false, payload: null }), null)).outcome).toBe("recorded");
        expect((await webhookEvents.byDelivery(repository.id, "one"))?.verified).toBe(true);
        expect((await webhookEvents.byId(forged.event.id))?.deliveryId).toBeNull();
        expect((await webhookEvents.page(repository.id, { page: 1, perPage: 10 })).total).toBe(3);
    });

    it("lose payload and headers by count and by age, and stay as rows", async () => {
        const { webhookEvents } = world.stores;
        for (let index = 0; index < 5; index++) {
            await webhookEvents.record(aPush({ deliveryId: String(index), receivedAt: NOW + index }), null);
        }
        expect(await webhookEvents.prune(10, NOW + 1)).toBe(1);
        expect(await webhookEvents.prune(2, NOW)).toBe(2);
        expect(await webhookEvents.prune(2, NOW)).toBe(0);
        const { items, total } = await webhookEvents.page(repository.id, { page: 1, perPage: 10 });
        expect(total).toBe(5);
        expect(items.map((event) => event.payload !== null)).toEqual([true, true, false, false, false]);
        expect(items.at(-1)?.headers).toEqual({});
        expect((await webhookEvents.latestOf(repository.id))?.deliveryId).toBe("4");
        expect((await webhookEvents.latestByRepository()).get(repository.id)).toEqual({ receivedAt: NOW + 4, verified: true, verdict: null });
    });
});
