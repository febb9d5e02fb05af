import { z } from "zod";
import { deployInput, deploymentListInput, logInput } from "../../../common/schemas.ts";
import type { Services } from "../services.ts";
import { json, route, type RestRoute } from "./route.ts";
import { deploymentDetail, deploymentView, logPage, pageOf } from "./view-schemas.ts";

export function deploymentRoutes({ deployments }: Pick<Services, "deployments">): RestRoute[] {
    const common = { tag: "deployments", access: "token" } as const;
    return [
        route({
            ...common,
            method: "POST",
            path: "/api/v1/stacks/{stack}/deployments",
            summary: "Deploy",
            description: "ref is a branch or tag; with neither ref nor commitSha the head of the repository's branch is deployed. Replaces the stack's waiting deployment.",
            body: deployInput,
            responses: { 202: { description: "The queued deployment", schema: deploymentView } },
            errors: ["STACK_NAME_INVALID", "STACK_NOT_FOUND", "REPOSITORY_NOT_LINKED", "GIT_REF_MISSING", "GIT_UNREACHABLE", "GIT_AUTH_FAILED"],
            answer: async ({ param, body, caller }) => json(202, await deployments.deploy(param("stack"), body, caller)),
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/stacks/{stack}/deployments",
            summary: "List deployments, newest first",
            description: "status and triggeredBy take several values with commas between them; from and to are dates or date-times; q looks in commit, message, author and branch.",
            query: deploymentListInput,
            responses: { 200: { description: "A page of deployments", schema: pageOf(deploymentView) } },
            errors: ["STACK_NAME_INVALID", "STACK_NOT_FOUND"],
            answer: async ({ param, query }) => json(200, await deployments.list(param("stack"), query)),
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/deployments/{id}",
            summary: "Get a deployment with its steps",
            description: "buildLogs and deploymentLogs hold the last 1 MiB of each; the whole log is a resource of its own.",
            responses: { 200: { description: "The deployment", schema: deploymentDetail } },
            errors: ["DEPLOYMENT_NOT_FOUND"],
            answer: async ({ param }) => json(200, await deployments.get(param("id"))),
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/deployments/{id}/log",
            summary: "Read the log",
            description: "As text, or as lines with Accept: application/json. offset counts bytes, limit lines.",
            query: logInput,
            responses: { 200: { description: "The log", schema: logPage, contentTypes: ["text/plain", "application/json"] } },
            errors: ["DEPLOYMENT_NOT_FOUND"],
            answer: async ({ param, query, request }) => {
                const id = param("id");
                if (wantsJson(request.headers["accept"])) {
                    return json(200, await deployments.log(id, query));
                }
                return {
                    status: 200,
                    headers: {
                        "content-type": "text/plain; charset=utf-8",
                        "content-disposition": `inline; filename="deployment-${id.replace(/[^\w-]/g, "")}.log"`,
                        "cache-control": "no-store",
                        "x-content-type-options": "nosniff",
                    },
                    body: await deployments.textLog(id, query),
                };
            },
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/deployments/{id}/cancel",
            summary: "Cancel a deployment that waits or builds",
            description: "A release that is being put in place is never cancelled: the stack would be left between two versions.",
            body: z.object({}).strict(),
            responses: { 200: { description: "The deployment; a running one ends a moment later", schema: deploymentView } },
            errors: ["DEPLOYMENT_NOT_FOUND", "DEPLOYMENT_NOT_CANCELLABLE"],
            answer: async ({ param, caller }) => json(200, await deployments.cancel(param("id"), caller)),
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/deployments/{id}/retry",
            summary: "Deploy the same commit again",
            body: z.object({}).strict(),
            responses: { 202: { description: "The new deployment", schema: deploymentView } },
            errors: ["DEPLOYMENT_NOT_FOUND", "DEPLOYMENT_NOT_RETRYABLE", "REPOSITORY_NOT_LINKED", "RELEASE_NOT_KEPT", "IMAGE_MISSING", "DOCKER_UNAVAILABLE"],
            answer: async ({ param, caller }) => json(202, await deployments.retry(param("id"), caller)),
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/deployments/{id}/rollback",
            summary: "Return the stack to this deployment's release",
            description: "Needs neither network nor build. Pushes do not deploy until auto-deploy is resumed.",
            body: z.object({}).strict(),
            responses: { 202: { description: "The new deployment of kind rollback", schema: deploymentView } },
            errors: ["DEPLOYMENT_NOT_FOUND", "RELEASE_NOT_KEPT", "IMAGE_MISSING", "REPOSITORY_NOT_LINKED", "DOCKER_UNAVAILABLE"],
            answer: async ({ param, caller }) => json(202, await deployments.rollback(param("id"), caller)),
        }),
    ];
}

/** Text unless JSON is asked for by name and text is not named before it. */
function wantsJson(accept: string | undefined): boolean {
    const types = (accept ?? "").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
    const jsonAt = types.indexOf("application/json");
    const textAt = types.indexOf("text/plain");
    return jsonAt >= 0 && (textAt < 0 || jsonAt < textAt);
}
