import { describe, expect, it } from "vitest";
import { addressBlock } from "../../../../backend/host/http/address-block.ts";

describe("addressBlock", () => {
    it.each([
        ["192.0.2.1", "192.0.2.1"],
        ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
        ["2001:DB8:0001:2::9", "2001:db8:1:2::/64"],
        ["2001:db8::9", "2001:db8:0:0::/64"],
        ["::1", "0:0:0:0::/64"],
        ["fe80::1%eth0", "fe80:0:0:0::/64"],
        ["", ""],
    ])("%j counts as %j", (address, block) => {
        expect(addressBlock(address)).toBe(block);
    });
});
