import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROVIDERS as PROVIDER_NAMES, refName } from "../../../common/schemas.ts";
import { DeployError } from "../../../backend/domain/errors.ts";
import { Secret } from "../../../backend/domain/secret.ts";
import { decideDelivery } from "../../../backend/webhook/decide-delivery.ts";
import { payloadText } from "../../../backend/webhook/payload.ts";
import { PROVIDERS } from "../../../backend/webhook/providers/index.ts";
import { storedHeaders } from "../../../backend/webhook/stored-headers.ts";
import { aBuildConfig, aRepository } from "../../fixtures/rows.ts";
import { makePush } from "../../fixtures/webhook-sender.ts";

/** Whatever a sender makes up: no crash, no answer of ours above 499, nothing believed that was not signed. */

const NOW = 1_800_000_000_000;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const PUSH = { ref: "refs/heads/main", before: "a".repeat(40), after: "b".repeat(40), message: "A change", url: "https://git.example/team/blog.git" };
const SPECIAL: unknown[] = [null, true, -1, 1e308, "", "0".repeat(40), "-x", "--upload-pack=touch", "refs/heads/../x", "refs/heads/-x", "\0", "\ud800", "$(id)", "__proto__", [], {}, [[]], { toString: 1 }];

const headerName = fc.constantFrom("content-type", "x-github-event", "x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-gitlab-event", "x-event-key", "x-hub-signature", "x-hub-signature-256", "x-gitea-signature", "x-gitlab-token", "webhook-id", "webhook-timestamp", "webhook-signature", "x-request-id", "x-github-delivery", "authorization", "x-webhook-token");
const headerValue = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.constantFrom("push", "ping", "create", "delete", "pull_request", "repo:push", "Push Hook", "Tag Push Hook", "Merge Request Hook", "repo:refs_changed", "application/x-www-form-urlencoded", "sha256=", "v1,", "[object Object]"));
const headers = fc.dictionary(headerName, headerValue);

/** A genuine payload in which some values, at any depth, are replaced by something else. */
function spoilt(value: unknown, choose: (most: number) => number): unknown {
    if (choose(9) === 0) {
        return SPECIAL[choose(SPECIAL.length - 1)];
    }
    if (Array.isArray(value)) {
        return value.map((each) => spoilt(each, choose));
    }
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spoilt(each, choose)])) : value;
}

describe.each(PROVIDER_NAMES)("a delivery to a repository of %s", (name) => {
    const provider = PROVIDERS[name];
    const genuine = makePush(PUSH, { provider: name, secret: "s" });
    const policy = { repository: aRepository({ url: PUSH.url, provider: name }), config: aBuildConfig(), trigger: "webhook" } as const;

    it("with spoilt content is read in parts that are safe, or refused as PAYLOAD_INVALID", () => {
        fc.assert(
            fc.property(headers, fc.infiniteStream(fc.nat(1_000_000)), (more, numbers) => {
                const choose = (most: number) => (numbers.next().value ?? 0) % (most + 1);
                const text = JSON.stringify(spoilt(JSON.parse(genuine.body), choose));
                try {
                    const events = provider.parse({ ...genuine.headers, ...more }, text);
                    for (const event of events.filter((each) => each.kind === "push")) {
                        // A generic sender that names no branch means the one that the stack follows.
                        expect((name === "generic" && event.name === "") || refName.safeParse(event.name).success).toBe(true);
                        expect([event.before, event.after].every((commit) => commit === null || COMMIT.test(commit))).toBe(true);
                    }
                    const { verdict } = decideDelivery(events, policy);
                    expect(verdict.kind === "ignore" || verdict.commitSha === null || COMMIT.test(verdict.commitSha)).toBe(true);
                } catch (error) {
                    expect(error).toMatchObject({ code: "PAYLOAD_INVALID", status: 400 });
                }
            }),
            { numRuns: 50 },
        );
    });

    it("of any bytes is read or refused, and never believed without its signature", () => {
        const secrets = { accepted: [new Secret("the secret of this repository"), new Secret("")], signingToken: null };
        fc.assert(
            fc.property(headers, fc.uint8Array({ maxLength: 200 }), (given, bytes) => {
                const body = Buffer.from(bytes);
                expect(provider.verify({ headers: given, body }, secrets, NOW)).toBe(false);
                // What is kept of it is text, and holds no credential.
                expect(typeof (provider.deliveryId(given) ?? provider.eventType(given) ?? provider.signature(given) ?? "")).toBe("string");
                expect(Object.keys(storedHeaders(given)).filter((header) => /token|authorization|signature/.test(header))).toEqual([]);
                try {
                    provider.parse(given, payloadText(given, body));
                } catch (error) {
                    expect(error).toBeInstanceOf(DeployError);
                    expect(error).toMatchObject({ code: "PAYLOAD_INVALID" });
                }
            }),
            { numRuns: 50 },
        );
    });

    it("nested as deep as it likes is an answer and no crash", () => {
        const deep = `{"ref":"refs/heads/main","commits":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
        expect(() => decideDelivery(provider.parse(genuine.headers, deep), policy)).toSatisfy((run: () => void) => {
            try {
                run();
                return true;
            } catch (error) {
                return error instanceof DeployError && error.code === "PAYLOAD_INVALID";
            }
        });
    });
});
