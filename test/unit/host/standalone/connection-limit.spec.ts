import { describe, expect, it } from "vitest";
import { ConnectionLimit } from "../../../../backend/host/standalone/connection-limit.ts";

describe("how many connections one address may have", () => {
    it("counts those that are nobody's, and none that has gone", () => {
        const limit = new ConnectionLimit(2);
        const nobody = () => [];
        const gone = limit.opened("192.0.2.1");
        expect(limit.isFull("192.0.2.1", nobody)).toBe(false);
        limit.opened("192.0.2.1");
        expect(limit.isFull("192.0.2.1", nobody)).toBe(true);
        expect(limit.isFull("192.0.2.2", nobody)).toBe(false);
        expect(limit.isFull("192.0.2.1", () => ["192.0.2.2"])).toBe(true);
        expect(limit.isFull("192.0.2.1", () => ["192.0.2.1"])).toBe(false);
        gone();
        expect(limit.isFull("192.0.2.1", nobody)).toBe(false);
    });
});
