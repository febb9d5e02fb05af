import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BuildConfigView, RepositorySaved, RepositoryView } from "../../common/views.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { TestRepository } from "../fixtures/git-repository.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";
import { makePush, send } from "../fixtures/webhook-sender.ts";

const STACK = "/api/v1/stacks/blog";
let root: string;
let git: GitHttpServer;
let server: TestServer;
let saved: RepositorySaved;

beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "lost-key-"));
    const origin = new TestRepository(root, "blog");
    await origin.init({ allowsShaWants: true });
    await origin.commit({ "compose.yaml": "services: {}\n" });
    git = await startGitHttpServer({ root, token: "t0ken" });
    server = await startServer();
    await server.api.expectOk("PUT", STACK, {});
    const repository = { url: git.urlOf("blog"), branch: "main", authType: "http_token", provider: "github", credentials: { username: "ada", token: "t0ken" } };
    saved = await server.api.expectOk<RepositorySaved>("PUT", `${STACK}/repository`, repository);
    await server.api.expectOk("PUT", `${STACK}/build-config`, { environmentVariables: [{ name: "PASSWORD", value: "hidden", secret: true }] });
    await server.stop();
    await rm(path.join(server.dataDirectory, "git-deploy", "secret.key"));
    await server.start();
});

afterAll(async () => {
    await server.remove();
    await git.close();
    await rm(root, { recursive: true, force: true });
});

const push = async (secret: string) => await send(saved.webhookUrl, makePush({ ref: "refs/heads/main", before: "a".repeat(40), after: "b".repeat(40), message: "x", url: git.urlOf("blog") }, { provider: "github", secret }));

it("shows a stack whose secrets were lost with the key, says which, and refuses what needs them", async () => {
    expect(await server.api.expectOk<RepositoryView>("GET", `${STACK}/repository`)).toMatchObject({ branch: "main", unreadableSecrets: ["token", "webhookSecret"] });
    const config = await server.api.expectOk<BuildConfigView>("GET", `${STACK}/build-config`);
    expect(config.environmentVariables).toEqual([{ name: "PASSWORD", value: null, secret: true, unreadable: true }]);
    expect(await server.api.post(`${STACK}/deployments`)).toMatchObject({ status: 422, body: { code: "SECRET_UNREADABLE" } });
    expect(await server.api.post(`${STACK}/repository/test`)).toMatchObject({ status: 422, body: { code: "SECRET_UNREADABLE" } });
    expect(await push(saved.webhookSecret ?? "")).toMatchObject({ status: 503, body: { code: "SECRET_UNREADABLE" } });
});

it("goes on when they are given anew, and keeps the rest meanwhile", async () => {
    await server.api.expectOk("PUT", `${STACK}/repository`, { autoSync: true });
    expect(await server.api.expectOk<RepositoryView>("PUT", `${STACK}/repository`, { credentials: { username: "ada", token: "t0ken" } })).toMatchObject({ unreadableSecrets: ["webhookSecret"], autoSync: true });
    await server.api.expectOk("POST", `${STACK}/repository/test`);
    const { webhookSecret, previousSecretValidUntil } = await server.api.expectOk<{ webhookSecret: string; previousSecretValidUntil: string | null }>("POST", `${STACK}/repository/rotate-secret`);
    expect(previousSecretValidUntil).toBeNull();
    expect(await server.api.expectOk<RepositoryView>("GET", `${STACK}/repository`)).toMatchObject({ unreadableSecrets: [] });
    expect((await push(saved.webhookSecret ?? "")).status).toBe(401);
    await server.api.expectOk("PUT", `${STACK}/build-config`, { autoDeployOnPush: true });
    expect(await server.api.post(`${STACK}/deployments`)).toMatchObject({ status: 422, body: { code: "SECRET_UNREADABLE" } });
    await server.api.expectOk("PUT", `${STACK}/build-config`, { environmentVariables: [{ name: "PASSWORD", value: "again", secret: true }] });
    expect((await push(webhookSecret)).status).toBe(202);
});
