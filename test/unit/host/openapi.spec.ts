import { describe, expect, it } from "vitest";
import { wiredHost } from "../../fixtures/wired-host.ts";

interface Operation {
    operationId: string;
    security: object[];
    parameters?: { name: string; in: string }[];
    responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
    requestBody?: object;
}

async function described() {
    const { host } = await wiredHost();
    const document = (await host.fetch("GET", "/api/openapi.json")).json as unknown as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })));
    return { host, document, operations };
}

describe("the API's description", () => {
    it("has every registered route and no other", async () => {
        const { host, operations } = await described();
        expect(operations.map(({ name }) => name).sort()).toEqual(host.routes.map(({ method, path }) => `${method} ${path}`).sort());
    });

    it("has every route of the contract", async () => {
        const { operations } = await described();
        const names = operations.map(({ name }) => name);
        const contract = [
            "GET /api/health", "GET /api/v1/stacks", "GET /api/v1/stacks/{stack}", "PUT /api/v1/stacks/{stack}",
            "GET /api/v1/stacks/{stack}/repository", "PUT /api/v1/stacks/{stack}/repository", "DELETE /api/v1/stacks/{stack}/repository",
            "POST /api/v1/stacks/{stack}/repository/test", "POST /api/v1/stacks/{stack}/repository/rotate-secret",
            "GET /api/v1/stacks/{stack}/build-config", "PUT /api/v1/stacks/{stack}/build-config",
            "POST /api/v1/stacks/{stack}/deployments", "GET /api/v1/stacks/{stack}/deployments", "GET /api/v1/deployments/{id}", "GET /api/v1/deployments/{id}/log",
            "POST /api/v1/deployments/{id}/cancel", "POST /api/v1/deployments/{id}/retry", "POST /api/v1/deployments/{id}/rollback",
            "GET /api/v1/repositories/{id}/webhook-events", "POST /api/v1/webhook-events/{id}/process", "GET /metrics", "POST /api/webhooks/deploy/{repositoryId}",
            "GET /api/openapi.json", "GET /api/docs",
        ];
        expect(contract.filter((route) => !names.includes(route))).toEqual([]);
    });

    it("says of each what it takes, what it answers and how it fails", async () => {
        const { operations } = await described();
        expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
        for (const { name, path, operation } of operations) {
            const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === "path").map((parameter) => parameter.name);
            expect([name, declared]).toEqual([name, [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)]);
            expect(Object.keys(operation.responses)).toContain("500");
            if (path.startsWith("/api/v1/")) {
                expect(operation.security).toEqual([{ token: [] }]);
                expect(operation.responses["401"]?.description).toContain("TOKEN_INVALID");
                expect(operation.responses["400"]?.description).toContain("INPUT_INVALID");
            }
        }
    });

    it("refers only to schemas that it has", async () => {
        const { document } = await described();
        const referred = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name);
        expect([...new Set(referred)].filter((name) => !(name in document.components.schemas))).toEqual([]);
        expect(referred).toContain("RepositoryInput");
        expect(document.paths["/api/v1/stacks/{stack}/deployments"]?.["get"]?.parameters?.map(({ name }) => name)).toEqual([
            "stack", "status", "triggeredBy", "branch", "from", "to", "q", "page", "perPage",
        ]);
    });
});
