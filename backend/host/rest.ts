import type { AuditLog, Clock, Logger, Random } from "../domain/ports.ts";
import type { StackGitService } from "../services/stack-git-service.ts";
import { FailureReporter } from "./failure.ts";
import type { Host, RawResponse } from "./host.ts";
import { openApiDocument } from "./openapi.ts";
import { auditRoutes } from "./rest/audit-routes.ts";
import { deliveryRoutes, type ReceiveDelivery } from "./rest/delivery-routes.ts";
import { deploymentRoutes } from "./rest/deployment-routes.ts";
import { documentationRoutes } from "./rest/documentation-routes.ts";
import { Gate } from "./rest/gate.ts";
import { insightRoutes } from "./rest/insight-routes.ts";
import { repositoryRoutes } from "./rest/repository-routes.ts";
import { json, type RestRoute } from "./rest/route.ts";
import { stackRoutes } from "./rest/stack-routes.ts";
import { systemRoutes, type SystemParts } from "./rest/system-routes.ts";
import type { Services } from "./services.ts";

const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Nobody reads it, but some programs send one. Less than what waits on disk for its turn: what strangers may ask must not stand before deliveries there. */
const MAX_BODY_BYTES_OF_GET = 64 * 1024;

export interface RestParts extends Omit<SystemParts, "clock"> {
    host: Pick<Host, "route" | "stacks">;
    services: Services;
    stackGit: StackGitService;
    receive: ReceiveDelivery;
    audit: AuditLog;
    clock: Clock;
    random: Pick<Random, "uuid">;
    logger: Logger;
}

/** Serves the whole HTTP interface through the host. */
export function registerRest(parts: RestParts): void {
    const gate = new Gate({ tokens: parts.services.apiTokens, clock: parts.clock });
    const failures = new FailureReporter(parts);
    for (const route of restRoutes(parts)) {
        parts.host.route(
            route.method,
            route.path,
            async (request): Promise<RawResponse> => {
                try {
                    return await route.answer(request, await gate.admit(request, route.access));
                } catch (thrown) {
                    return failureResponse(failures.report(thrown, `${route.method} ${route.path}`));
                }
            },
            { maxBytes: route.maxBytes ?? (route.method === "GET" ? MAX_BODY_BYTES_OF_GET : MAX_BODY_BYTES) },
        );
    }
}

function restRoutes(parts: RestParts): RestRoute[] {
    let document: object | null = null;
    const routes: RestRoute[] = [
        ...systemRoutes(parts),
        ...auditRoutes(parts.services.audit),
        ...stackRoutes({ stacks: parts.host.stacks, stackGit: parts.stackGit, audit: parts.audit }),
        ...repositoryRoutes(parts.services),
        ...deploymentRoutes(parts.services),
        ...insightRoutes(parts.services),
        ...deliveryRoutes({ webhookEvents: parts.services.webhookEvents, receive: parts.receive }),
        ...documentationRoutes(() => (document ??= openApiDocument(routes, parts.version))),
    ];
    return routes;
}

function failureResponse(error: ReturnType<FailureReporter["report"]>): RawResponse {
    const { code, message, details, status } = error;
    const headers: Record<string, string> = {
        ...(code === "TOKEN_INVALID" ? { "www-authenticate": "Bearer" } : {}),
        ...(code === "TOO_MANY_REQUESTS" ? { "retry-after": "60" } : {}),
    };
    return json(status, { ok: false, code, message, ...(Object.keys(details).length === 0 ? {} : { details }) }, headers);
}
