import { z } from "zod";
import { buildConfigInput, repositoryInput, repositoryTestInput, rotateSecretInput } from "../../../common/schemas.ts";
import type { ErrorCode } from "../../../common/error-codes.ts";
import type { Services } from "../services.ts";
import { json, route, type RestRoute } from "./route.ts";
import { buildConfigView, done, repositorySaved, repositoryTestResult, repositoryView, rotatedSecret } from "./view-schemas.ts";

const ofLinkedStack: ErrorCode[] = ["STACK_NAME_INVALID", "STACK_NOT_FOUND", "REPOSITORY_NOT_LINKED"];
const ofRemote: ErrorCode[] = ["GIT_UNREACHABLE", "GIT_AUTH_FAILED", "GIT_REPOSITORY_MISSING", "GIT_HOST_KEY_UNKNOWN", "GIT_HOST_KEY_CHANGED", "GIT_FAILED"];

export function repositoryRoutes({ repositories, buildConfigs }: Pick<Services, "repositories" | "buildConfigs">): RestRoute[] {
    const common = { tag: "repository", access: "token" } as const;
    return [
        route({
            ...common,
            method: "GET",
            path: "/api/v1/stacks/{stack}/repository",
            summary: "Get the repository that a stack follows",
            responses: { 200: { description: "The repository; secrets are never part of it", schema: repositoryView } },
            errors: ofLinkedStack,
            answer: async ({ param, caller }) => json(200, await repositories.get(param("stack"), caller)),
        }),
        route({
            ...common,
            method: "PUT",
            path: "/api/v1/stacks/{stack}/repository",
            summary: "Link a stack to a repository, or change the link",
            description:
                "Makes the stack when there is none. Fields left out keep their value; credentials are write-only and null clears one. " +
                "Changing where the URL leads clears the stored credentials. webhookSecret is part of the answer only when it was made or given by this call.",
            body: repositoryInput,
            responses: { 200: { description: "The repository", schema: repositorySaved } },
            errors: ["STACK_NAME_INVALID", "GIT_URL_INVALID", "SSH_KEY_INVALID", "SSH_PASSPHRASE_WRONG", "GIT_HOST_KEY_UNKNOWN", "GIT_HOST_KEY_CHANGED", "GIT_UNREACHABLE"],
            answer: async ({ param, body, caller }) => json(200, await repositories.save(param("stack"), body, caller)),
        }),
        route({
            ...common,
            method: "DELETE",
            path: "/api/v1/stacks/{stack}/repository",
            summary: "End the link",
            description: "The stack keeps running as it is. Waiting deployments are cancelled.",
            responses: { 200: { description: "Unlinked", schema: done } },
            errors: [...ofLinkedStack, "STACK_BUSY"],
            answer: async ({ param, caller }) => {
                await repositories.remove(param("stack"), caller);
                return json(200, { ok: true });
            },
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/stacks/{stack}/repository/test",
            summary: "Test the connection",
            description: "Tests what is saved, or the given values over it. A stored credential is sent only to the URL that it was saved for.",
            body: repositoryTestInput.strict(),
            responses: { 200: { description: "What the remote has", schema: z.object({ ok: z.literal(true), ...repositoryTestResult.shape }) } },
            errors: [...ofLinkedStack, "GIT_URL_INVALID", "SSH_KEY_INVALID", "SSH_PASSPHRASE_WRONG", "GIT_REF_MISSING", "GIT_REPOSITORY_EMPTY", ...ofRemote],
            answer: async ({ param, body, caller }) => json(200, { ok: true, ...(await repositories.test(param("stack"), body, caller)) }),
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/stacks/{stack}/repository/rotate-secret",
            summary: "Replace the webhook secret",
            description: "The former secret stays valid for 24 hours.",
            body: rotateSecretInput,
            responses: { 200: { description: "The new secret, shown this once", schema: rotatedSecret } },
            errors: ofLinkedStack,
            answer: async ({ param, body, caller }) => json(200, await repositories.rotateSecret(param("stack"), body, caller)),
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/stacks/{stack}/resume-auto-deploy",
            summary: "Let pushes deploy again after a rollback by hand",
            responses: { 200: { description: "The repository", schema: repositoryView } },
            errors: ofLinkedStack,
            answer: async ({ param, caller }) => json(200, await repositories.resumeAutoDeploy(param("stack"), caller)),
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/stacks/{stack}/build-config",
            summary: "Get how a stack is built",
            responses: { 200: { description: "The build config; values of secret variables are null", schema: buildConfigView } },
            errors: ofLinkedStack,
            answer: async ({ param }) => json(200, await buildConfigs.get(param("stack"))),
        }),
        route({
            ...common,
            method: "PUT",
            path: "/api/v1/stacks/{stack}/build-config",
            summary: "Change how a stack is built",
            description: "Fields left out keep their value. A secret variable sent without a value keeps the stored one.",
            body: buildConfigInput,
            responses: { 200: { description: "The build config", schema: buildConfigView } },
            errors: [...ofLinkedStack, "STACK_CHANGED"],
            answer: async ({ param, body, caller }) => json(200, await buildConfigs.save(param("stack"), body, caller)),
        }),
    ];
}
