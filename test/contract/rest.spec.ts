import { beforeEach, describe, expect, it } from "vitest";
import { deploymentDetail, deploymentView, health, pageOf, repositorySaved, stackDetail, stackSummary, webhookEventView } from "../../backend/host/rest/view-schemas.ts";
import * as insight from "../../backend/host/rest/insight-schemas.ts";
import { HEAD } from "../fixtures/service-world.ts";
import { wiredHost, type WiredHost } from "../fixtures/wired-host.ts";

let wired: WiredHost;

beforeEach(async () => {
    wired = await wiredHost();
});

const STACK = "/api/v1/stacks/blog";
const link = async () => await wired.api("PUT", `${STACK}/repository`, { url: "https://git.example/team/blog.git", branch: "main", authType: "http_token", credentials: { token: "the-token" } });

describe("the way in", () => {
    it.each([{}, { authorization: "Bearer " }, { authorization: "Bearer wrong" }, { authorization: "Basic YTpi" }])("%o is not let in", async (headers) => {
        const reply = await wired.host.fetch("GET", "/api/v1/stacks", { headers });
        expect(reply.status).toBe(401);
        expect(reply.json).toEqual({ ok: false, code: "TOKEN_INVALID", message: expect.any(String) });
        expect(reply.headers?.["www-authenticate"]).toBe("Bearer");
    });

    it("every route under /api/v1 asks for a token", async () => {
        for (const { method, path } of wired.host.routes.filter((route) => route.path.startsWith("/api/v1/"))) {
            const reply = await wired.host.fetch(method, path.replace("{stack}", "blog").replace(/\{\w+\}/, "x"));
            expect([method, path, reply.status]).toEqual([method, path, 401]);
        }
    });

    it("an address that sends wrong tokens is slowed down, a right token still gets in", async () => {
        const wrong = async () => (await wired.host.fetch("GET", "/api/v1/stacks", { headers: { authorization: "Bearer gdt_wrong" } })).status;
        const statuses = [];
        for (let attempt = 0; attempt < 21; attempt += 1) {
            statuses.push(await wrong());
        }
        expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true);
        expect(statuses[20]).toBe(429);
        expect((await wired.api("GET", "/api/v1/stacks")).status).toBe(200);
        wired.world.now += 60_000;
        expect(await wrong()).toBe(401);
    });
});

describe("input", () => {
    it.each<[string, string, string, unknown, RegExp]>([
        ["an unknown field", "PUT", `${STACK}/repository`, { urll: "x" }, /urll/],
        ["an unknown parameter", "GET", `${STACK}/deployments?colour=red`, undefined, /colour/],
        ["a parameter where there are none", "GET", `${STACK}?x=1`, undefined, /x/],
        ["a status that is none", "GET", `${STACK}/deployments?status=failed,odd`, undefined, /status/],
        ["a page of none", "GET", `${STACK}/deployments?page=0`, undefined, /page/],
        ["text that is not JSON", "PUT", STACK, "{", /JSON/],
        ["bytes that are not UTF-8", "PUT", STACK, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
        ["a list", "PUT", STACK, [], /./],
        ["a branch that is an option", "PUT", `${STACK}/repository`, { branch: "--upload-pack=x" }, /branch/],
        ["a short commit", "POST", `${STACK}/deployments`, { commitSha: "abc" }, /commitSha/],
        ["a field of a route without any", "POST", "/api/v1/deployments/d1/cancel", { force: true }, /force/],
    ])("%s is refused by name", async (_what, method, path, body, message) => {
        const reply = await wired.api(method, path, body);
        expect(reply.status).toBe(400);
        expect(reply.json).toMatchObject({ ok: false, code: "INPUT_INVALID", message: expect.stringMatching(message) });
    });

    it.each(["..", "UPPER", "-rf", "a b", "a/b", "x".repeat(101)])("the stack name %s is refused everywhere", async (name) => {
        for (const { method, path } of wired.host.routes.filter((route) => route.path.includes("{stack}"))) {
            // A path of `..` would be resolved before it is sent.
            const target = path.replace("{stack}", name === ".." ? "%252e%252e" : encodeURIComponent(name));
            expect((await wired.api(method, target, method === "GET" ? undefined : {})).json).toMatchObject({ code: "STACK_NAME_INVALID" });
        }
        expect([...wired.world.stackNames]).toEqual(["blog"]);
    });

    it.each([
        ["GET", "/api/v1/stacks/nowhere", "STACK_NOT_FOUND"],
        ["GET", "/api/v1/stacks/nowhere/repository", "STACK_NOT_FOUND"],
        ["GET", `${STACK}/repository`, "REPOSITORY_NOT_LINKED"],
        ["GET", `${STACK}/build-config`, "REPOSITORY_NOT_LINKED"],
        ["POST", `${STACK}/deployments`, "REPOSITORY_NOT_LINKED"],
        ["GET", "/api/v1/stacks/nowhere/deployments", "STACK_NOT_FOUND"],
        ["GET", "/api/v1/deployments/none", "DEPLOYMENT_NOT_FOUND"],
        ["GET", "/api/v1/deployments/none/log", "DEPLOYMENT_NOT_FOUND"],
        ["POST", "/api/v1/deployments/none/rollback", "DEPLOYMENT_NOT_FOUND"],
        ["GET", "/api/v1/repositories/none/webhook-events", "NOT_FOUND"],
        ["POST", "/api/v1/webhook-events/none/process", "NOT_FOUND"],
    ])("%s %s is 404 %s", async (method, path, code) => {
        expect(await wired.api(method, path)).toMatchObject({ status: 404, json: { ok: false, code } });
    });

    it("a surprise is logged once under an id that the answer names, and says nothing else", async () => {
        Object.assign(wired.world.deploymentStore, { byId: async () => await Promise.reject(new Error("secret detail")) });
        const reply = await wired.api("GET", "/api/v1/deployments/d1");
        expect(reply).toMatchObject({ status: 500, json: { ok: false, code: "INTERNAL" } });
        expect(reply.text).not.toContain("secret detail");
        const [entry] = wired.world.logged as { id: string }[];
        expect(wired.world.logged).toHaveLength(1);
        expect(reply.text).toContain(entry?.id);
    });
});

describe("stacks", () => {
    it("are listed with what Git adds, made and read", async () => {
        await link();
        const list = await wired.api("GET", "/api/v1/stacks");
        expect(pageOf(stackSummary).parse(list.json)).toMatchObject({ total: 1, page: 1, items: [{ name: "blog", gitRepository: { branch: "main" } }] });
        const made = await wired.api("PUT", "/api/v1/stacks/shop", {});
        expect(stackDetail.parse(made.json)).toMatchObject({ name: "shop", gitRepository: null });
        expect(stackDetail.parse((await wired.api("GET", STACK)).json)).toMatchObject({ name: "blog", buildConfig: { buildType: "compose_build" } });
        expect(wired.world.audit.at(-1)).toMatchObject({ action: "stack.create", stackId: "shop", actor: { kind: "token", name: "ci", address: "10.0.0.9" } });
    });
});

describe("a repository", () => {
    it("is linked with the answer that a program needs", async () => {
        const reply = await link();
        expect(reply.status).toBe(200);
        const saved = repositorySaved.parse(reply.json);
        expect(saved.webhookUrl).toBe(`https://server.test/api/webhooks/deploy/${saved.id}`);
        expect(saved.webhookSecret).toEqual(expect.any(String));
        const again = await wired.api("GET", `${STACK}/repository`);
        expect(again.json).not.toHaveProperty("webhookSecret");
        expect(again.text + reply.text).not.toContain("the-token");
    });

    it("by SSH is linked with the public half of a new key", async () => {
        const reply = await wired.api("PUT", `${STACK}/repository`, { url: "git@git.example:team/blog.git", authType: "ssh_key" });
        expect(reply.json["publicKey"]).toMatch(/^ssh-ed25519 /);
    });

    it("is tested, rotated, resumed and unlinked", async () => {
        await link();
        expect((await wired.api("POST", `${STACK}/repository/test`)).json).toMatchObject({ ok: true, branches: ["main", "next"], defaultBranch: "main", headCommit: HEAD });
        expect((await wired.api("POST", `${STACK}/repository/rotate-secret`)).json).toMatchObject({ webhookSecret: expect.any(String), previousSecretValidUntil: expect.any(String) });
        expect((await wired.api("POST", `${STACK}/resume-auto-deploy`)).json).toMatchObject({ autoDeployPausedAt: null });
        expect(await wired.api("DELETE", `${STACK}/repository`)).toMatchObject({ status: 200, json: { ok: true } });
        expect(wired.world.repositories).toEqual([]);
    });
});

describe("deployments", () => {
    it("are queued, listed, read, cancelled and returned to", async () => {
        await link();
        const queued = await wired.api("POST", `${STACK}/deployments`, { commitSha: HEAD });
        expect(queued.status).toBe(202);
        const deployment = deploymentView.parse(queued.json);
        expect(deployment).toMatchObject({ status: "pending", triggeredBy: "api", triggeredByUser: "ci", commitSha: HEAD });
        const list = await wired.api("GET", `${STACK}/deployments?status=pending,building&page=1&perPage=5`);
        expect(pageOf(deploymentView).parse(list.json)).toMatchObject({ total: 1, page: 1, perPage: 5, items: [{ id: deployment.id }] });
        expect(deploymentDetail.parse((await wired.api("GET", `/api/v1/deployments/${deployment.id}`)).json).steps).toHaveLength(1);
        expect(await wired.api("POST", `/api/v1/deployments/${deployment.id}/cancel`)).toMatchObject({ status: 200, json: { status: "cancelled" } });
        expect(await wired.api("POST", `/api/v1/deployments/${deployment.id}/cancel`)).toMatchObject({ status: 409, json: { code: "DEPLOYMENT_NOT_CANCELLABLE" } });
        expect(await wired.api("POST", `/api/v1/deployments/${deployment.id}/retry`)).toMatchObject({ status: 202, json: { previousDeploymentId: deployment.id } });
        wired.world.succeed("00000000-0000-4000-8000-00000000000a");
        expect(await wired.api("POST", "/api/v1/deployments/00000000-0000-4000-8000-00000000000a/rollback")).toMatchObject({ status: 202, json: { kind: "rollback" } });
    });

    it("have a log as text and as lines", async () => {
        wired.world.succeed("d1");
        wired.world.logText = "2026-01-31T10:00:00.000Z\tbuild\tout\tinfo\t<b>hello</b>\n2026-01-31T10:00:01.000Z\trelease\tout\tinfo\tbye\n";
        const text = await wired.api("GET", "/api/v1/deployments/d1/log", undefined, { accept: "*/*" });
        expect(text.text).toBe(wired.world.logText);
        expect(text.headers).toMatchObject({ "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
        expect((await wired.api("GET", "/api/v1/deployments/d1/log?step=release")).text).toMatch(/^\S+\trelease\tout\tinfo\tbye\n$/);
        const lines = await wired.api("GET", "/api/v1/deployments/d1/log?limit=1", undefined, { accept: "application/json" });
        expect(lines.json).toMatchObject({ lines: [{ step: "build", text: "<b>hello</b>" }], size: wired.world.logText.length });
    });
});

describe("questions about a stack", () => {
    it("are answered as they are described", async () => {
        await link();
        wired.world.succeed("d1", {}, { repositoryId: wired.world.repository().id });
        expect(insight.releaseComparison.parse((await wired.api("GET", `${STACK}/comparison?deploymentId=d1`)).json)).toMatchObject({ relation: "same", target: { deploymentId: "d1" } });
        expect(insight.releaseComparison.parse((await wired.api("GET", `${STACK}/comparison?ref=next`)).json)).toMatchObject({ target: { branch: "next" } });
        expect(await wired.api("GET", `${STACK}/comparison?deploymentId=d1&ref=next`)).toMatchObject({ status: 400, json: { code: "INPUT_INVALID" } });
        expect(insight.deploymentStatistics.parse((await wired.api("GET", `${STACK}/deployment-statistics?days=7&utcOffset=-90`)).json).days).toHaveLength(7);
        expect(insight.deployRulesVerdict.parse((await wired.api("POST", `${STACK}/build-config/test-rules`, { name: "next" })).json)).toMatchObject({ verdict: "ignore", code: "BRANCH_NOT_MATCHED" });
        expect(insight.healthCheckAttempt.parse((await wired.api("POST", `${STACK}/build-config/test-health-check`, { healthCheckPath: "/" })).json)).toMatchObject({ isHealthy: false });
        expect(insight.remoteState.parse((await wired.api("GET", `${STACK}/repository/remote`)).json)).toMatchObject({ branch: "main", remote: null });
        expect(insight.remoteState.parse((await wired.api("POST", `${STACK}/repository/check`)).json)).toMatchObject({ remote: { sha: HEAD }, isAhead: false });
        expect(insight.composeFileList.parse((await wired.api("GET", `${STACK}/repository/compose-files`)).json)).toMatchObject({ composeFiles: ["compose.yaml"], dockerfiles: ["Dockerfile"] });
    });
});

describe("deliveries", () => {
    it("are filtered, listed in brief and read whole, without secrets", async () => {
        await link();
        const { id } = wired.world.repository();
        const [first, second] = ["00000000-0000-4000-8000-0000000000e1", "00000000-0000-4000-8000-0000000000e2"];
        wired.world.deliver(first, id, { payload: '{"secret":"hidden-one","ref":"refs/heads/main"}' });
        wired.world.deliver(second, id, { verdict: "ignore: PING. The webhook works." });
        const list = await wired.api("GET", `/api/v1/repositories/${id}/webhook-events?verdict=ignore,reject&detail=brief`);
        expect(pageOf(webhookEventView).parse(list.json)).toMatchObject({ total: 1, items: [{ id: second }] });
        const whole = await wired.api("GET", `/api/v1/webhook-events/${first}`);
        expect(webhookEventView.parse(whole.json).payload).toBe('{"secret":"***","ref":"refs/heads/main"}');
        expect(await wired.api("GET", "/api/v1/webhook-events/none")).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
    });

    it("reach the receiver byte for byte, without a token and up to 25 MiB", async () => {
        const body = Buffer.from([0x7b, 0xff, 0x0a, 0x7d]);
        const reply = await wired.host.fetch("POST", "/api/webhooks/deploy/r1?x=1", { headers: { "x-github-event": "push" }, body, address: "192.0.2.1" });
        expect(reply).toMatchObject({ status: 202, json: { ok: true, deploymentId: "d1" } });
        expect(wired.received).toEqual([{ repositoryId: "r1", headers: { "x-github-event": "push" }, body, address: "192.0.2.1" }]);
        const limits = new Map(wired.host.routes.map(({ method, path, maxBytes }) => [`${method} ${path}`, maxBytes]));
        expect(limits.get("POST /api/webhooks/deploy/{repositoryId}")).toBe(25 * 1024 * 1024);
        expect(limits.get("PUT /api/v1/stacks/{stack}/repository")).toBe(2 * 1024 * 1024);
        // Above 256 KiB they would take turns with large deliveries.
        expect(new Set([...limits].filter(([route]) => route.startsWith("GET ")).map(([, maxBytes]) => maxBytes))).toEqual(new Set([64 * 1024]));
    });

    it("are listed and processed again", async () => {
        await link();
        const { id } = wired.world.repository();
        wired.world.deliver("e1", id);
        expect((await wired.api("GET", `/api/v1/repositories/${id}/webhook-events`)).json).toMatchObject({ total: 1, items: [{ id: "e1", verdict: "deploy" }] });
        expect((await wired.api("POST", "/api/v1/webhook-events/e1/process")).json).toEqual({ ok: true, verdict: "deploy", deploymentId: "d9" });
        expect((await wired.api("GET", "/api/v1/audit-log?stack=blog")).json).toMatchObject({ total: 1, items: [{ action: "repository.link", at: "2026-01-31T10:00:00.000Z" }] });
    });
});

describe("the server itself", () => {
    it.each([
        [true, true, 200, "ok"],
        [false, true, 200, "degraded"],
        [true, false, 503, "down"],
    ])("docker %s, database %s: %i %s", async (docker, database, status, word) => {
        Object.assign(wired.health, { docker, database });
        const reply = await wired.host.fetch("GET", "/api/health?probe=1");
        expect(reply.status).toBe(status);
        expect(health.parse(reply.json)).toMatchObject({ status: word, version: "1.2.3" });
    });

    it("shows metrics to a token and to this machine, not to a proxy's clients", async () => {
        wired.world.succeed("d1");
        const metrics = async (address: string, headers: Record<string, string> = {}) => await wired.host.fetch("GET", "/metrics", { address, headers });
        expect((await metrics("127.0.0.1")).text).toContain('git_deploy_deployments{status="successful"} 1');
        expect((await metrics("::ffff:127.0.0.1")).status).toBe(200);
        expect((await metrics("10.0.0.9", { authorization: wired.authorization })).status).toBe(200);
        expect((await metrics("10.0.0.9")).status).toBe(401);
        expect((await metrics("127.0.0.1", { "x-forwarded-for": "203.0.113.5" })).status).toBe(401);
    });

    it("shows its description without an inline script", async () => {
        const page = await wired.host.fetch("GET", "/api/docs");
        expect(page.headers?.["content-security-policy"]).toContain("script-src 'self'");
        const files = [...page.text.matchAll(/(?:src|href)="docs\/([^"]+)"/g)].map(([, file = ""]) => file);
        expect(files).toHaveLength(3);
        expect(page.text).not.toMatch(/<script>|\son\w+=|style=/);
        for (const file of files) {
            expect((await wired.host.fetch("GET", `/api/docs/${file}`)).text.length).toBeGreaterThan(50);
        }
        expect((await wired.host.fetch("GET", "/api/docs/package.json")).status).toBe(404);
        expect((await wired.host.fetch("GET", "/api/docs/..%2Fpackage.json")).status).toBe(404);
        expect((await wired.host.fetch("GET", "/api/openapi.json")).json).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } });
    });
});
