import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROVIDERS } from "../../common/schemas.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { idleService } from "../fixtures/web-service.ts";
import { makePing, send } from "../fixtures/webhook-sender.ts";

const COMPOSE = `services:\n${idleService("main")}\n`;
const SIGNING_TOKEN = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

async function linked(purpose: string): Promise<LinkedStack> {
    return await bed.link({ purpose, buildConfig: { buildType: "compose_only", settleTime: 0 } });
}

describe("a delivery", () => {
    it.concurrent.each(PROVIDERS)("of %s, signed as it signs, is deployed", async (provider) => {
        const stack = await bed.link({ purpose: provider.replace("_", "-"), provider, buildConfig: { buildType: "compose_only", settleTime: 0 } });
        const { reply, deploymentId, sha } = await stack.push({ "compose.yaml": COMPOSE }, { message: `From ${provider}` });
        expect(reply).toMatchObject({ status: 202, body: { ok: true } });
        const done = await stack.finished(deploymentId);
        expect(done).toMatchObject({ status: "successful", commitSha: sha, commitMessage: `From ${provider}`, triggeredBy: "webhook", error: null });
        const [event] = await stack.events();
        expect(event).toMatchObject({ provider, verified: true, processed: true, deploymentId });
    });

    it("of GitLab 19 must carry the signature once a signing token is set", async () => {
        const stack = await bed.link({ purpose: "signing", provider: "gitlab", repository: { webhookSigningToken: SIGNING_TOKEN }, buildConfig: { buildType: "compose_only", settleTime: 0 } });
        const sha = await stack.commit({ "compose.yaml": COMPOSE });
        const before = "0".repeat(40);
        expect((await send(stack.webhookUrl, stack.delivery(sha, before))).status).toBe(401);
        expect((await send(stack.webhookUrl, stack.delivery(sha, before, {}, { signingToken: SIGNING_TOKEN }))).status).toBe(202);
    });

    it("with a wrong, another's or no signature is refused, recorded without its payload, and changes nothing", async () => {
        const stack = await linked("forged");
        const sha = await stack.commit({ "compose.yaml": COMPOSE });
        const before = "0".repeat(40);
        const genuine = stack.delivery(sha, before);
        const attempts = [
            stack.delivery(sha, before, {}, { secret: "not the secret" }),
            stack.delivery(sha, before, {}, { secret: null }),
            { headers: genuine.headers, body: genuine.body.replace(sha, "f".repeat(40)) },
            { headers: { ...genuine.headers, "x-hub-signature-256": "sha256=" }, body: genuine.body },
            { headers: { ...genuine.headers, "x-hub-signature-256": `${genuine.headers["x-hub-signature-256"] ?? ""}, sha256=${"0".repeat(64)}` }, body: genuine.body },
        ];
        for (const attempt of attempts) {
            expect(await send(stack.webhookUrl, attempt)).toMatchObject({ status: 401, body: { ok: false, code: "SIGNATURE_INVALID" } });
        }
        expect(await stack.deployments()).toEqual([]);
        const events = await stack.events();
        expect(events.length).toBeGreaterThan(0);
        expect(events.every(({ verified, payload }) => !verified && payload === null)).toBe(true);
        expect((await send(stack.webhookUrl, genuine)).status).toBe(202);
    });

    it("that comes again is answered with the run that it has led to", async () => {
        const stack = await linked("again");
        const sha = await stack.commit({ "compose.yaml": COMPOSE });
        const delivery = stack.delivery(sha, "0".repeat(40));
        const first = await send(stack.webhookUrl, delivery);
        expect(first.status).toBe(202);
        const again = await send(stack.webhookUrl, delivery);
        expect(again).toMatchObject({ status: 200, body: { ok: true, duplicate: true, deploymentId: first.body.deploymentId } });
        await stack.finished(first.body.deploymentId ?? "");
        expect(await send(stack.webhookUrl, delivery)).toMatchObject({ status: 200, body: { duplicate: true } });
        expect(await stack.deployments()).toHaveLength(1);
    });

    it("can be processed again by a person", async () => {
        const stack = await linked("process");
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { autoDeployOnPush: false });
        const off = await stack.push({ "compose.yaml": COMPOSE });
        expect(off.reply).toMatchObject({ status: 200, body: { ok: true, ignored: "AUTO_DEPLOY_OFF" } });
        const [event] = await stack.events();
        expect(event?.payload).toContain(off.sha);

        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { autoDeployOnPush: true });
        const processed = await stack.api.expectOk<{ deploymentId: string }>("POST", `/api/v1/webhook-events/${event?.id ?? ""}/process`, {});
        expect((await stack.finished(processed.deploymentId)).status).toBe("successful");
    });

    it("of a greeting, a deletion or a tag is answered 200 with the reason", async () => {
        const stack = await linked("others");
        expect(await send(stack.webhookUrl, makePing({ provider: "github", secret: stack.webhookSecret }))).toMatchObject({ status: 200, body: { ok: true, ignored: "PING" } });
        const sha = await stack.commit({ "compose.yaml": COMPOSE });
        expect(await send(stack.webhookUrl, stack.delivery("0".repeat(40), sha))).toMatchObject({ status: 200, body: { ok: true, ignored: "REF_DELETED" } });
        expect(await stack.deployments()).toEqual([]);
    });

    it("that cannot be read, or is for nobody, is answered with a code", async () => {
        const stack = await linked("unreadable");
        const signed = stack.delivery("0".repeat(40), "0".repeat(40));
        const unknown = await send(`${bed.server.url}/api/webhooks/deploy/${randomUUID()}`, signed);
        expect(unknown).toMatchObject({ status: 404, body: { ok: false } });
        const noUuid = await send(`${bed.server.url}/api/webhooks/deploy/..%2F..%2Fetc`, signed);
        expect(noUuid).toMatchObject({ status: 404, body: unknown.body });

        const tooLarge = await fetch(stack.webhookUrl, { method: "POST", headers: signed.headers, body: Buffer.alloc(26 * 1024 * 1024, 32) });
        expect(tooLarge.status).toBe(413);
        expect(await tooLarge.json()).toMatchObject({ ok: false, code: "PAYLOAD_TOO_LARGE" });
    });
});

describe("a rotated secret", () => {
    it("works at once; the former one works until its time is over", async () => {
        const stack = await linked("rotate");
        const former = stack.webhookSecret;
        const rotated = await stack.api.expectOk<{ webhookSecret: string; previousSecretValidUntil: string | null }>("POST", `${stack.path}/repository/rotate-secret`, {});
        expect(rotated.webhookSecret).not.toBe(former);
        expect(Date.parse(rotated.previousSecretValidUntil ?? "")).toBeGreaterThan(Date.now());

        const sha = await stack.commit({ "compose.yaml": COMPOSE });
        const before = "0".repeat(40);
        expect((await send(stack.webhookUrl, stack.delivery(sha, before, {}, { secret: former }))).status).toBe(202);
        expect([200, 202]).toContain((await send(stack.webhookUrl, stack.delivery(sha, before, {}, { secret: rotated.webhookSecret }))).status);
        expect((await send(stack.webhookUrl, stack.delivery(sha, before, {}, { secret: "neither of them" }))).status).toBe(401);

        await stack.api.expectOk("POST", `${stack.path}/repository/rotate-secret`, {});
        expect((await send(stack.webhookUrl, stack.delivery(sha, before, {}, { secret: former }))).status).toBe(401);
        const shown = await stack.api.expectOk<object>("GET", `${stack.path}/repository`);
        expect(JSON.stringify(shown)).not.toContain(rotated.webhookSecret);
    });
});
