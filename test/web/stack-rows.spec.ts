import { describe, expect, it } from "vitest";
import { stackRows } from "../../frontend/src/components/stack/stack-rows.ts";
import type { Agent } from "../../frontend/src/composables/use-agents.ts";
import { endpointOf, endpointParam } from "../../frontend/src/server/endpoint-param.ts";
import type { StackSummary } from "../../frontend/src/server/dockge-wire.ts";

const stack = (name: string, endpoint = "") => ({ name, endpoint }) as StackSummary;
const agent = (endpoint: string): Agent => ({ url: `http://${endpoint}`, username: "admin", endpoint, name: "", title: endpoint, status: "online", reason: "" });

describe("rows of the stack list", () => {
    it("are stacks alone where there are no agents", () => {
        expect(stackRows([stack("a"), stack("b")], []).map(({ key }) => key)).toEqual(["a ", "b "]);
    });

    it("have a heading for each server, also for one without stacks", () => {
        const rows = stackRows([stack("a"), stack("a", "nas:5001")], [agent("nas:5001"), agent("attic")]);
        expect(rows.map(({ key }) => key)).toEqual(["server ", "a ", "server nas:5001", "a nas:5001", "server attic"]);
    });
});

describe("an endpoint in the address of a page", () => {
    it.each(["", "nas", "nas:5001", "dockge.example.com", "[fd00::1]:5001"])("%j comes back as it was, and is never the name of a tab", (endpoint) => {
        expect(endpointOf(endpointParam(endpoint))).toBe(endpoint);
        expect(["git", "deployments"]).not.toContain(endpointParam("git"));
    });
});
