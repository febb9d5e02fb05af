import { beforeEach, describe, expect, it } from "vitest";
import { FINGERPRINT, HEAD } from "../fixtures/service-world.ts";
import { wiredHost, type WiredHost } from "../fixtures/wired-host.ts";

let wired: WiredHost;
const call = async (verb: string, ...args: unknown[]) => await wired.host.call(verb, args);

beforeEach(async () => {
    wired = await wiredHost();
});

/** DESIGN section 9, and what was added to it. */
const VERBS = [
    "getGitRepository", "saveGitRepository", "deleteGitRepository", "testGitRepository", "listGitBranches", "rotateWebhookSecret", "getBuildConfig", "saveBuildConfig",
    "deployFromGit", "cancelDeployment", "retryDeployment", "rollbackDeployment", "resumeAutoDeploy", "getDeploymentList", "getDeployment", "joinDeploymentLog",
    "leaveDeploymentLog", "getDeploymentLog", "getDeploymentLogOutline", "readDeploymentLog", "getWebhookEventList", "getWebhookEvent", "processWebhookEvent", "createApiToken", "listApiTokens", "revokeApiToken",
    "getAuditLog", "exportAuditLog",
    "compareReleases", "deploymentStatistics", "testDeployRules", "testHealthCheck", "getRemoteState", "checkRemote", "listComposeFiles",
];
const OF_STACK = [
    "getGitRepository", "saveGitRepository", "deleteGitRepository", "testGitRepository", "listGitBranches", "rotateWebhookSecret", "getBuildConfig", "saveBuildConfig", "deployFromGit",
    "resumeAutoDeploy", "getDeploymentList", "getWebhookEventList",
    "compareReleases", "deploymentStatistics", "testDeployRules", "testHealthCheck", "getRemoteState", "checkRemote", "listComposeFiles",
];

describe("the verbs", () => {
    it("are all answered", () => {
        expect([...wired.host.verbs.keys()].sort()).toEqual([...VERBS].sort());
    });

    it.each(VERBS)("%s answers nonsense with a code and a sentence", async (verb) => {
        for (const args of [[], [null], [42], [{}], ["../../etc"], ["blog", "x", "y", "z"], [["blog"]]]) {
            const answer = await call(verb, ...args);
            if (!answer.ok) {
                expect(answer.msg.length).toBeGreaterThan(10);
                expect(answer.code).not.toBe("INTERNAL");
            }
        }
        expect(wired.world.logged).toEqual([]);
    });

    it.each(OF_STACK)("%s takes no stack name that leads elsewhere", async (verb) => {
        for (const name of ["..", "../blog", "UPPER", "a/b", "", "blog\n"]) {
            expect(await call(verb, name, {})).toMatchObject({ ok: false, code: "STACK_NAME_INVALID" });
        }
    });
});

describe("a session", () => {
    it("links, builds, deploys, returns and unlinks", async () => {
        expect(await call("getGitRepository", "blog")).toEqual({ ok: true, gitRepository: null });
        const saved = await call("saveGitRepository", "blog", { url: "https://git.example/team/blog.git", branch: "main" });
        expect(saved).toMatchObject({ ok: true, gitRepository: { webhookSecret: expect.any(String), authType: "none" } });
        expect(await call("testGitRepository", "blog", {})).toMatchObject({ ok: true, headCommit: HEAD });
        expect(await call("listGitBranches", "blog")).toEqual({ ok: true, branches: ["main", "next"], tags: ["v1.0"], defaultBranch: "main" });
        expect(await call("saveBuildConfig", "blog", { timeout: 60 })).toMatchObject({ ok: true, buildConfig: { timeout: 60 } });
        expect(await call("getBuildConfig", "blog")).toMatchObject({ ok: true, buildConfig: { timeout: 60 } });
        // Socket.IO sends null for an argument that is undefined.
        expect(await call("deployFromGit", "blog", null)).toMatchObject({ ok: true, deployment: { status: "pending", triggeredBy: "manual", triggeredByUser: "ann" } });
        wired.world.succeed("d1");
        expect(await call("rollbackDeployment", "d1")).toMatchObject({ ok: true, deployment: { kind: "rollback" } });
        expect(await call("resumeAutoDeploy", "blog")).toMatchObject({ ok: true, gitRepository: { autoDeployPausedAt: null } });
        expect(await call("getDeploymentList", "blog")).toMatchObject({ ok: true, total: 3, page: 1, perPage: 20 });
        expect(await call("getDeployment", "d1")).toMatchObject({ ok: true, deployment: { id: "d1", canRollBackTo: true } });
        expect(await call("rotateWebhookSecret", "blog")).toMatchObject({ ok: true, webhookSecret: expect.any(String) });
        expect(await call("getWebhookEventList", "blog")).toMatchObject({ ok: true, total: 0 });
        expect(await call("deleteGitRepository", "blog")).toEqual({ ok: true });
    });

    it("makes and revokes API tokens", async () => {
        const made = await call("createApiToken", { name: "deploy" });
        expect(made).toMatchObject({ ok: true, token: expect.stringMatching(/^gdt_/), apiToken: { name: "deploy" } });
        expect(await call("listApiTokens")).toMatchObject({ apiTokens: [{ name: "ci" }, { name: "deploy" }] });
        const { id } = wired.world.tokens[1] ?? { id: "" };
        expect(await call("revokeApiToken", id)).toEqual({ ok: true });
    });

    it("gets the facts of a failure beside its sentence", async () => {
        wired.world.succeed("d1", { status: "failed" });
        expect(await call("cancelDeployment", "d1")).toEqual({ ok: false, msg: expect.any(String), code: "DEPLOYMENT_NOT_CANCELLABLE", data: { status: "failed" } });
        expect(await call("saveGitRepository", "blog", { url: "https://git.example/x/y", confirmHostKey: "SHA256:short" })).toMatchObject({ code: "INPUT_INVALID", msg: expect.stringMatching(/^confirmHostKey: /) });
        expect(FINGERPRINT).toMatch(/^SHA256:/);
    });
});

describe("following a log", () => {
    beforeEach(() => {
        wired.world.succeed("d1");
        wired.world.logText = "2026-01-31T10:00:00.000Z\tbuild\tout\tinfo\tone\n";
    });

    it("joins before it reads, so that nothing falls in between", async () => {
        const read = wired.world.logs.read;
        let joinedAtRead: string[] = [];
        Object.assign(wired.world.logs, {
            read: async (...args: Parameters<typeof read>) => {
                joinedAtRead = [...wired.host.joined];
                return await read(...args);
            },
        });
        expect(await call("joinDeploymentLog", "d1", 0)).toEqual({ ok: true, text: wired.world.logText, offset: wired.world.logText.length, isComplete: true });
        expect(joinedAtRead).toEqual(["c1 d1"]);
        expect(await call("joinDeploymentLog", "d1", wired.world.logText.length)).toMatchObject({ text: "" });
        expect(await call("leaveDeploymentLog", "d1")).toEqual({ ok: true });
    });

    it("does not join the log of a deployment that is not there, and leaves one that cannot be read", async () => {
        expect(await call("joinDeploymentLog", "none", 0)).toMatchObject({ ok: false, code: "DEPLOYMENT_NOT_FOUND" });
        Object.assign(wired.world.logs, { read: async () => await Promise.reject(new Error("unreadable")) });
        expect(await call("joinDeploymentLog", "d1", 0)).toMatchObject({ ok: false, code: "INTERNAL" });
        expect(wired.host.joined).toEqual([]);
    });
});
