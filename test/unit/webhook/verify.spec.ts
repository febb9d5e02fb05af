import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../backend/domain/secret.ts";
import type { WebhookHeaders, WebhookSecrets } from "../../../backend/webhook/provider.ts";
import { PROVIDERS } from "../../../backend/webhook/providers/index.ts";
import { hasVectors, readSignatureVectors, VECTORS_DIRECTORY } from "../../fixtures/payload-vectors.ts";

const body = Buffer.from('{"message":"déploie 🚀"}');
const secret = (value: string): WebhookSecrets => ({ accepted: [new Secret(value)], signingToken: null });
const sign = (key: string) => createHmac("sha256", key).update(body).digest("hex");
const now = 1_795_000_000_000;

describe.skipIf(!hasVectors)("signature cases", () => {
    const vectors = hasVectors ? readSignatureVectors() : [];

    it("are all there", () => {
        expect(vectors.length).toBeGreaterThanOrEqual(31);
    });

    it.each(vectors)("$name: accepted is $accept", (vector) => {
        expect(PROVIDERS[vector.provider].verify(vector, vector.secrets, vector.nowMs)).toBe(vector.accept);
    });
});

if (!hasVectors) {
    console.warn(`The signature cases did not run: put them into ${VECTORS_DIRECTORY}.`);
}

describe("verification", () => {
    const github = (headers: WebhookHeaders, secrets: WebhookSecrets) => PROVIDERS.github.verify({ headers, body }, secrets, now);

    it("accepts both secrets during a rotation and no third", () => {
        const secrets: WebhookSecrets = { accepted: [new Secret("new-secret"), new Secret("old-secret")], signingToken: null };
        expect(github({ "x-hub-signature-256": `sha256=${sign("new-secret")}` }, secrets)).toBe(true);
        expect(github({ "x-hub-signature-256": `sha256=${sign("old-secret")}` }, secrets)).toBe(true);
        expect(github({ "x-hub-signature-256": `sha256=${sign("older")}` }, secrets)).toBe(false);
    });

    it("refuses a header that was sent twice, also when both are right", () => {
        const signature = `sha256=${sign("s3cr3t")}`;
        expect(github({ "x-hub-signature-256": `${signature}, ${signature}` }, secret("s3cr3t"))).toBe(false);
        expect(PROVIDERS.gitea.verify({ headers: { "x-gitea-signature": `${sign("s3cr3t")}, ${sign("s3cr3t")}` }, body }, secret("s3cr3t"), now)).toBe(false);
    });

    it("refuses an upper-case signature, the wrong header and SHA-1", () => {
        expect(github({ "x-hub-signature-256": `sha256=${sign("s3cr3t").toUpperCase()}` }, secret("s3cr3t"))).toBe(false);
        expect(github({ "x-hub-signature": `sha256=${sign("s3cr3t")}` }, secret("s3cr3t"))).toBe(false);
        expect(github({ "x-hub-signature": `sha1=${createHmac("sha1", "s3cr3t").update(body).digest("hex")}` }, secret("s3cr3t"))).toBe(false);
    });

    it("compares GitLab's token as bytes: Node reads headers as Latin-1", () => {
        const headers = { "x-gitlab-token": Buffer.from("schlüssel", "utf8").toString("latin1") };
        expect(PROVIDERS.gitlab.verify({ headers, body }, secret("schlüssel"), now)).toBe(true);
    });

    it("never verifies with an empty secret", () => {
        expect(PROVIDERS.gitlab.verify({ headers: { "x-gitlab-token": "" }, body }, secret(""), now)).toBe(false);
        expect(PROVIDERS.generic.verify({ headers: { authorization: "Bearer " }, body }, secret(""), now)).toBe(false);
        expect(github({ "x-hub-signature-256": `sha256=${sign("")}` }, secret(""))).toBe(false);
        expect(PROVIDERS.generic.verify({ headers: {}, body }, { accepted: [], signingToken: new Secret("whsec_") }, now)).toBe(false);
    });

    it("takes a form's JSON as what Gitea signed, and the form itself as what GitHub signed", () => {
        const json = '{"ref":"refs/heads/main"}';
        const form = Buffer.from(`payload=${encodeURIComponent(json)}`);
        const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
        const overJson = createHmac("sha256", "s3cr3t").update(json).digest("hex");
        const overForm = createHmac("sha256", "s3cr3t").update(form).digest("hex");
        for (const provider of ["gitea", "forgejo", "gogs"] as const) {
            expect(PROVIDERS[provider].verify({ headers: { ...headers, [`x-${provider}-signature`]: overJson }, body: form }, secret("s3cr3t"), now)).toBe(true);
            expect(PROVIDERS[provider].verify({ headers: { ...headers, [`x-${provider}-signature`]: overForm }, body: form }, secret("s3cr3t"), now)).toBe(false);
        }
        expect(PROVIDERS.github.verify({ headers: { ...headers, "x-hub-signature-256": `sha256=${overForm}` }, body: form }, secret("s3cr3t"), now)).toBe(true);
    });

    describe("of a generic sender", () => {
        const verify = (headers: WebhookHeaders, secrets: WebhookSecrets) => PROVIDERS.generic.verify({ headers, body }, secrets, now);

        it("takes an HMAC in either header, or the secret as a token", () => {
            expect(verify({ "x-webhook-signature": `sha256=${sign("s3cr3t")}` }, secret("s3cr3t"))).toBe(true);
            expect(verify({ "x-hub-signature-256": `sha256=${sign("s3cr3t")}` }, secret("s3cr3t"))).toBe(true);
            expect(verify({ "x-webhook-token": "s3cr3t" }, secret("s3cr3t"))).toBe(true);
            expect(verify({ authorization: "bearer s3cr3t" }, secret("s3cr3t"))).toBe(true);
            expect(verify({ authorization: "Basic s3cr3t" }, secret("s3cr3t"))).toBe(false);
        });

        it("does not fall back to the token when a signature is wrong", () => {
            expect(verify({ "x-webhook-signature": "sha256=00", "x-webhook-token": "s3cr3t" }, secret("s3cr3t"))).toBe(false);
        });

        it("accepts nothing weaker than Standard Webhooks once a signing token is set", () => {
            const secrets: WebhookSecrets = { accepted: [new Secret("s3cr3t")], signingToken: new Secret("whsec_c2hhcmVkLXNpZ25pbmcta2V5") };
            expect(verify({ "x-webhook-token": "s3cr3t" }, secrets)).toBe(false);
            expect(verify({ "x-webhook-signature": `sha256=${sign("s3cr3t")}` }, secrets)).toBe(false);
        });
    });

    it("never throws, whatever arrives", () => {
        const header = fc.constantFrom("x-hub-signature-256", "x-hub-signature", "x-gitlab-token", "webhook-id", "webhook-timestamp", "webhook-signature", "x-gitea-signature", "x-gogs-signature", "authorization", "content-type", "x-event-key");
        const value = fc.oneof(fc.string(), fc.constantFrom("sha256=", "v1,", "v1,AAAA", "application/x-www-form-urlencoded", "1795000000"));
        const providers = Object.values(PROVIDERS);
        fc.assert(
            fc.property(fc.dictionary(header, value), fc.uint8Array({ maxLength: 200 }), fc.string(), (headers, bytes, key) => {
                for (const provider of providers) {
                    expect(provider.verify({ headers, body: Buffer.from(bytes) }, { accepted: [new Secret(`never-${key}`)], signingToken: key === "" ? null : new Secret(key) }, now)).toBe(false);
                }
            }),
            { numRuns: 300 },
        );
    });
});
