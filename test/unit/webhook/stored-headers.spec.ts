import { describe, expect, it } from "vitest";
import { storedHeaders } from "../../../backend/webhook/stored-headers.ts";

describe("the headers of a delivery that are kept", () => {
    it("name event, delivery and sender", () => {
        const headers = { "x-gitlab-event": "Push Hook", "idempotency-key": "1", "user-agent": "GitLab/19", "content-type": "application/json", "x-event-key": "repo:push", "webhook-id": "2", "x-forwarded-for": "192.0.2.1" };
        expect(storedHeaders({ ...headers, missing: undefined })).toEqual(headers);
    });

    it.each(["authorization", "Proxy-Authorization", "cookie", "x-gitlab-token", "x-webhook-token", "x-api-key", "x-forwarded-access-token", "cf-access-jwt-assertion", "x-amzn-oidc-data", "x-forwarded-client-cert", "x-hub-signature-256"])(
        "never %s",
        (name) => {
            expect(storedHeaders({ [name]: "value" })).toEqual({});
        },
    );

    it("are few and short", () => {
        const kept = storedHeaders(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, "v".repeat(10_000)])));
        expect(Object.keys(kept)).toHaveLength(100);
        expect(kept["x-0"]).toHaveLength(2000);
    });
});
