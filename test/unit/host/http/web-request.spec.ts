import { describe, expect, it } from "vitest";
import { clientAddress, clientOrigin } from "../../../../backend/host/http/client-address.ts";
import { isOriginAllowed } from "../../../../backend/host/standalone/origin-check.ts";

describe("clientAddress", () => {
    it("believes the connection unless a proxy is trusted", () => {
        expect(clientAddress({ "x-forwarded-for": "1.2.3.4" }, "::ffff:10.0.0.9", false)).toBe("10.0.0.9");
    });

    it("believes a trusted proxy only for what that proxy saw itself", () => {
        expect(clientAddress({ "x-forwarded-for": "6.6.6.6, 1.2.3.4" }, "10.0.0.9", true)).toBe("1.2.3.4");
        expect(clientAddress({}, "10.0.0.9", true)).toBe("10.0.0.9");
    });
});

describe("clientOrigin", () => {
    it("is what the client used, as far as it can be known", () => {
        const headers = { host: "inside:5001", "x-forwarded-host": "deploy.example.com", "x-forwarded-proto": "https" };
        expect(clientOrigin(headers, false)).toBe("http://inside:5001");
        expect(clientOrigin(headers, true)).toBe("https://deploy.example.com");
    });
});

describe("isOriginAllowed", () => {
    const strict = { isAnyOriginAllowed: false, isProxyTrusted: false };
    it.each([
        ["a program without an origin", { host: "a:5001" }, strict, true],
        ["the page itself", { host: "a:5001", origin: "http://a:5001" }, strict, true],
        ["the page itself at a default port", { host: "a.example:443", origin: "https://a.example" }, strict, true],
        ["another port", { host: "a:5001", origin: "http://a:5002" }, strict, false],
        ["another site", { host: "a:5001", origin: "http://evil.example" }, strict, false],
        ["a sandboxed page", { host: "a:5001", origin: "null" }, strict, false],
        ["a host that a client claims without a trusted proxy", { host: "a", origin: "http://b", "x-forwarded-host": "b" }, strict, false],
        ["behind a trusted proxy", { host: "a", origin: "http://b", "x-forwarded-host": "b" }, { ...strict, isProxyTrusted: true }, true],
        ["any, when development asks for it", { host: "a", origin: "http://evil.example" }, { ...strict, isAnyOriginAllowed: true }, true],
    ])("%s", (_name, headers, settings, isAllowed) => {
        expect(isOriginAllowed(headers, settings)).toBe(isAllowed);
    });
});
