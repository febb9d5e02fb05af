import { z } from "zod";
import type { ErrorCode } from "../../../common/error-codes.ts";
import { compareReleasesInput, composeFilesInput, deploymentStatisticsInput, deployRulesTestInput, healthCheckTestInput } from "../../../common/stack-insight.ts";
import type { Services } from "../services.ts";
import { composeFileList, deploymentStatistics, deployRulesVerdict, healthCheckAttempt, releaseComparison, remoteState } from "./insight-schemas.ts";
import { json, route, type RestRoute } from "./route.ts";

const ofStack: ErrorCode[] = ["STACK_NAME_INVALID", "STACK_NOT_FOUND"];
const ofLinkedStack: ErrorCode[] = [...ofStack, "REPOSITORY_NOT_LINKED"];
const ofRemote: ErrorCode[] = ["GIT_UNREACHABLE", "GIT_AUTH_FAILED", "GIT_REPOSITORY_MISSING", "GIT_HOST_KEY_UNKNOWN", "GIT_HOST_KEY_CHANGED", "GIT_REF_MISSING", "GIT_FAILED"];

/** Questions that change nothing. */
export function insightRoutes({ comparison, statistics, deployRules, healthCheck, remoteState: remote }: Pick<Services, "comparison" | "statistics" | "deployRules" | "healthCheck" | "remoteState">): RestRoute[] {
    const common = { access: "token" } as const;
    return [
        route({
            ...common,
            tag: "deployments",
            method: "GET",
            path: "/api/v1/stacks/{stack}/comparison",
            summary: "Compare what runs with a release or a commit",
            description: "deploymentId: what returning to its release would change. ref or commitSha: what deploying it would change; with neither the head of the repository's branch. Values of secret variables are never part of it.",
            query: compareReleasesInput,
            responses: { 200: { description: "The differences", schema: releaseComparison } },
            errors: [...ofLinkedStack, "DEPLOYMENT_NOT_FOUND", "RELEASE_NOT_KEPT", "COMMIT_GONE", "NOT_FOUND", ...ofRemote],
            answer: async ({ param, query }) => json(200, await comparison.compare(param("stack"), query)),
        }),
        route({
            ...common,
            tag: "deployments",
            method: "GET",
            path: "/api/v1/stacks/{stack}/deployment-statistics",
            summary: "Count how deployments went",
            description: "Per day of the period that ends today, with medians in seconds. utcOffset: minutes that your clock is ahead of UTC.",
            query: deploymentStatisticsInput,
            responses: { 200: { description: "Counts and medians", schema: deploymentStatistics } },
            errors: ofStack,
            answer: async ({ param, query }) => json(200, await statistics.read(param("stack"), query)),
        }),
        route({
            ...common,
            tag: "repository",
            method: "POST",
            path: "/api/v1/stacks/{stack}/build-config/test-rules",
            summary: "Would this push deploy?",
            description: "Asks the function that decides about pushes. rules that are given stand in for the saved ones.",
            body: deployRulesTestInput,
            responses: { 200: { description: "The verdict", schema: deployRulesVerdict } },
            errors: ofLinkedStack,
            answer: async ({ param, body }) => json(200, await deployRules.test(param("stack"), body)),
        }),
        route({
            ...common,
            tag: "repository",
            method: "POST",
            path: "/api/v1/stacks/{stack}/build-config/test-health-check",
            summary: "Ask the running stack what its health check would ask",
            body: healthCheckTestInput,
            responses: { 200: { description: "What was answered; that nothing answers is no error", schema: healthCheckAttempt } },
            errors: [...ofLinkedStack, "COMPOSE_INVALID", "DOCKER_UNAVAILABLE"],
            answer: async ({ param, body }) => json(200, await healthCheck.attempt(param("stack"), body)),
        }),
        route({
            ...common,
            tag: "repository",
            method: "GET",
            path: "/api/v1/stacks/{stack}/repository/remote",
            summary: "Compare what runs with what the branch was last seen to have",
            responses: { 200: { description: "What is known without asking the remote", schema: remoteState } },
            errors: ofLinkedStack,
            answer: async ({ param }) => json(200, await remote.known(param("stack"))),
        }),
        route({
            ...common,
            tag: "repository",
            method: "POST",
            path: "/api/v1/stacks/{stack}/repository/check",
            summary: "Look at the remote now",
            description: "Deploys nothing.",
            body: z.object({}).strict(),
            responses: { 200: { description: "What the branch has", schema: remoteState } },
            errors: [...ofLinkedStack, ...ofRemote],
            answer: async ({ param }) => json(200, await remote.check(param("stack"))),
        }),
        route({
            ...common,
            tag: "repository",
            method: "GET",
            path: "/api/v1/stacks/{stack}/repository/compose-files",
            summary: "List the compose files and Dockerfiles of a branch",
            query: composeFilesInput,
            responses: { 200: { description: "Nearest to the root first, 200 of each at most", schema: composeFileList } },
            errors: [...ofLinkedStack, ...ofRemote],
            answer: async ({ param, query }) => json(200, await remote.composeFiles(param("stack"), query)),
        }),
    ];
}
