import { describe, expect, it } from "vitest";
import { connectFailure, refusedUpgradeStatus } from "../../../../../backend/host/standalone/agents/connect-failure.ts";

/** As engine.io-client 6 wraps the error of a socket. */
const wrapped = (fields: { code?: string; message?: string }) =>
    Object.assign(new Error("websocket error"), { type: "TransportError", description: { type: "error", message: fields.message ?? "", error: Object.assign(new Error(fields.message ?? ""), fields) } });

describe("why an agent cannot be reached", () => {
    it.each([
        [{ code: "ECONNREFUSED" }, /Nothing listens there/],
        [{ code: "ENOTFOUND" }, /name cannot be resolved/],
        [{ code: "EHOSTUNREACH" }, /no way to it/],
        [{ code: "ETIMEDOUT" }, /does not answer/],
        [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, /NODE_EXTRA_CA_CERTS/],
        [{ code: "CERT_HAS_EXPIRED" }, /expired/],
        [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, /another name/],
        [{ code: "EPROTO" }, /Try http/],
        [{ code: "AGENT_ADDRESS_REFUSED", message: "evil.example cannot be an agent: it is a link-local address." }, /link-local/],
        [{ message: "Unexpected server response: 404" }, /no Dockge/],
        [{ code: "EWEIRD" }, /EWEIRD/],
    ])("%j", (fields, sentence) => {
        expect(connectFailure(wrapped(fields))).toMatch(sentence);
    });

    it("is told from errors that are not wrapped, and from none at all", () => {
        expect(connectFailure(new Error("timeout"))).toMatch(/does not answer/);
        expect(connectFailure(new Error("xhr poll error"))).toMatch(/no Dockge/);
        expect(connectFailure(undefined)).toMatch(/cannot be reached/);
    });

    it("says when a WebSocket was refused, which another way may get around", () => {
        expect(refusedUpgradeStatus(wrapped({ message: "Unexpected server response: 502" }))).toBe(502);
        expect(refusedUpgradeStatus(wrapped({ code: "ECONNREFUSED" }))).toBeNull();
    });
});
