import "./rest/zod-openapi.ts";
import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { ErrorCode } from "../../common/error-codes.ts";
import { buildConfigInput, repositoryInput, stackName } from "../../common/schemas.ts";
import { DeployError } from "../domain/errors.ts";
import type { Access, RestRoute } from "./rest/route.ts";
import * as views from "./rest/view-schemas.ts";

const JSON_TYPE = "application/json";

/** Names under which schemas that several routes share appear in the document. */
const NAMED_VIEWS = {
    Failure: views.failure,
    Repository: views.repositoryView,
    BuildConfig: views.buildConfigView,
    Step: views.stepView,
    Deployment: views.deploymentView,
    DeploymentDetail: views.deploymentDetail,
    LogPage: views.logPage,
    WebhookEvent: views.webhookEventView,
    Stack: views.stackSummary,
    StackDetail: views.stackDetail,
    AuditEntry: views.auditEntry,
};

/** OpenAPI 3.1 of exactly these routes. */
export function openApiDocument(routes: readonly RestRoute[], version: string): object {
    const registry = new OpenAPIRegistry();
    registry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer", description: "An API token (gdt_…)." });
    const named = new Map<z.ZodType, z.ZodType>(Object.entries(NAMED_VIEWS).map(([name, schema]) => [schema, registry.register(name, schema)]));
    // Schemas of common/ were made before they could be named.
    named.set(repositoryInput, registry.register("RepositoryInput", repositoryInput.clone()));
    named.set(buildConfigInput, registry.register("BuildConfigInput", buildConfigInput.clone()));
    for (const route of routes) {
        registry.registerPath(describe(route, (schema) => named.get(schema) ?? schema));
    }
    return new OpenApiGeneratorV31(registry.definitions).generateDocument({
        openapi: "3.1.0",
        info: { title: "Git Deploy", version, description: "Git push to a healthy, running compose stack. Errors are `{ok: false, code, message}`; programs branch on `code`." },
        servers: [{ url: "/" }],
    });
}

function describe(route: RestRoute, named: (schema: z.ZodType) => z.ZodType): RouteConfig {
    const params = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const responses: RouteConfig["responses"] = {};
    for (const [status, { description, schema, contentTypes }] of Object.entries(route.responses)) {
        const types = contentTypes ?? [JSON_TYPE];
        const content = types.map((type) => [type, { schema: type === JSON_TYPE ? named(schema ?? z.record(z.string(), z.unknown())) : z.string() }] as const);
        responses[status] = { description, content: Object.fromEntries(content) };
    }
    for (const [status, codes] of errorsByStatus(route)) {
        responses[status] ??= { description: codes.join(", "), content: { [JSON_TYPE]: { schema: named(views.failure) } } };
    }
    const request: NonNullable<RouteConfig["request"]> = {
        ...(params.length === 0 ? {} : { params: z.object(Object.fromEntries(params.map((name) => [name, name === "stack" ? stackName : z.string()]))) }),
        ...(route.query === undefined ? {} : { query: route.query }),
        ...(route.body === undefined ? {} : { body: { content: { [JSON_TYPE]: { schema: named(route.body) } } } }),
    };
    return {
        method: route.method.toLowerCase() as RouteConfig["method"],
        path: route.path,
        operationId: operationId(route),
        tags: [route.tag],
        summary: route.summary,
        ...(route.description === undefined ? {} : { description: route.description }),
        security: route.access === "public" ? [] : [{ token: [] }],
        request,
        responses,
    };
}

function errorsByStatus(route: RestRoute): Map<number, ErrorCode[]> {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of new Set([...route.errors, ...commonErrors(route)])) {
        const { status } = new DeployError(code, "");
        byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return new Map([...byStatus].sort(([left], [right]) => left - right));
}

function commonErrors({ access, body, query }: { access: Access; body?: unknown; query?: unknown }): ErrorCode[] {
    return [
        ...(body === undefined && query === undefined && access !== "token" ? [] : (["INPUT_INVALID"] as const)),
        ...(body === undefined ? [] : (["PAYLOAD_TOO_LARGE"] as const)),
        ...(access === "public" ? [] : (["TOKEN_INVALID", "TOO_MANY_REQUESTS"] as const)),
        "INTERNAL",
    ];
}

/** `GET /api/v1/stacks/{stack}/build-config` becomes `getStackBuildConfig`. */
function operationId({ method, path }: RestRoute): string {
    const words = path
        .replace(/^\/api(\/v1)?/, "")
        .split(/[^A-Za-z0-9]+/)
        .filter((word) => word !== "");
    return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
