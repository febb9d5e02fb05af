import { describe, expect, it } from "vitest";
import { RouteTable } from "../../../../backend/host/http/route-table.ts";

const handler = () => Promise.resolve({ status: 200 });

describe("RouteTable", () => {
    const table = new RouteTable();
    table.add("GET", "/api/v1/stacks/{stack}", handler);
    table.add("PUT", "/api/v1/stacks/{stack}", handler);
    table.add("GET", "/api/v1/stacks/all", handler);

    it("reads the named parts, decoded", () => {
        expect(table.match("GET", "/api/v1/stacks/my%20stack")).toMatchObject({ kind: "found", params: { stack: "my stack" } });
    });

    it("does not resolve dots: an address never turns into another one", () => {
        expect(table.match("GET", "/api/v1/stacks/..")).toMatchObject({ kind: "found", params: { stack: ".." } });
        expect(table.match("GET", "/api/v1/stacks/%2e%2e%2f")).toMatchObject({ kind: "found", params: { stack: "../" } });
        expect(table.match("GET", "/api/v1/stacks/")).toEqual({ kind: "none" });
        expect(table.match("GET", "/api/v1/stacks/a/b")).toEqual({ kind: "none" });
    });

    it("prefers a literal part over a named one", () => {
        expect(table.match("GET", "/api/v1/stacks/all")).toMatchObject({ kind: "found", params: {} });
    });

    it("tells a wrong method from a wrong address, and takes HEAD for GET", () => {
        expect(table.match("POST", "/api/v1/stacks/web")).toEqual({ kind: "wrong-method", allowed: ["GET", "PUT"] });
        expect(table.match("HEAD", "/api/v1/stacks/web")).toMatchObject({ kind: "found" });
        expect(table.match("GET", "/api/v1/stacks/%")).toEqual({ kind: "malformed" });
    });
});
