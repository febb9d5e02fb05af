import { describe, expect, it } from "vitest";
import { parseAgentUrl, storedAddress } from "../../../../../backend/host/standalone/agents/agent-address.ts";

describe("the address of an agent", () => {
    it.each([
        ["http://192.168.1.20:5001", "http://192.168.1.20:5001", "192.168.1.20:5001"],
        ["https://Dockge.Example.com/", "https://dockge.example.com", "dockge.example.com"],
        ["http://nas:80", "http://nas", "nas"],
        ["http://localhost:5002", "http://localhost:5002", "localhost:5002"],
        ["https://[fd00::1]:5001", "https://[fd00::1]:5001", "[fd00::1]:5001"],
    ])("%s", (typed, url, endpoint) => {
        expect(parseAgentUrl(typed)).toEqual({ url, endpoint });
    });

    it.each(["", "dockge.example.com", "ftp://host", "file:///etc/passwd", "http://", "http://user@host", "http://user:secret@host", "http://host/dockge", "http://host/?a=1", "http://host/#a"])("refuses %j", (typed) => {
        expect(() => parseAgentUrl(typed)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    });

    it.each(["http://169.254.169.254", "http://[fe80::1]:5001", "http://metadata.google.internal", "http://2852039166/", "http://224.0.0.1"])("refuses %s, where no agent can be", (typed) => {
        expect(() => parseAgentUrl(typed)).toThrow(/cannot be an agent/);
    });

    it("reads what a Dockge has stored, whatever is behind the host", () => {
        expect(storedAddress("http://host:5001/some/path")).toEqual({ url: "http://host:5001", endpoint: "host:5001" });
        expect(storedAddress("nonsense")).toBeNull();
        expect(storedAddress("javascript:alert(1)")).toBeNull();
    });
});
