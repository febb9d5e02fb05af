import { z } from "zod";
import { LIMITS, paging, stackInput } from "../../../common/schemas.ts";
import type { AuditLog } from "../../domain/ports.ts";
import type { StackGitService } from "../../services/stack-git-service.ts";
import type { HostStack, HostStacks } from "../host.ts";
import { NO_GIT_FIELDS } from "../stacks/no-git-fields.ts";
import { json, route, type RestRoute } from "./route.ts";
import { pageOf, stackDetail, stackSummary } from "./view-schemas.ts";

export function stackRoutes(parts: { stacks: HostStacks; stackGit: StackGitService; audit: Pick<AuditLog, "append"> }): RestRoute[] {
    const { stacks, stackGit, audit } = parts;
    const detail = async (stack: HostStack, origin: string | null) => ({ ...stack, ...((await stackGit.fields([stack.name], origin)).get(stack.name) ?? NO_GIT_FIELDS) });
    const common = { tag: "stacks", access: "token" } as const;
    return [
        route({
            ...common,
            method: "GET",
            path: "/api/v1/stacks",
            summary: "List stacks",
            query: z.object(paging(LIMITS.perPage)).strict(),
            responses: { 200: { description: "Stacks by name", schema: pageOf(stackSummary) } },
            errors: ["DOCKER_UNAVAILABLE"],
            answer: async ({ query, caller }) => {
                const all = [...(await stacks.list())].sort((left, right) => (left.name < right.name ? -1 : 1));
                const shown = all.slice((query.page - 1) * query.perPage, query.page * query.perPage);
                const fields = await stackGit.fields(
                    shown.map(({ name }) => name),
                    caller.origin,
                );
                return json(200, { items: shown.map((stack) => ({ ...stack, ...(fields.get(stack.name) ?? NO_GIT_FIELDS) })), total: all.length, ...query });
            },
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/stacks/{stack}",
            summary: "Get a stack",
            description: "With its compose file, its environment file and the first page of its deployments.",
            responses: { 200: { description: "The stack", schema: stackDetail } },
            errors: ["STACK_NAME_INVALID", "STACK_NOT_FOUND"],
            answer: async ({ param, caller }) => json(200, await detail(await stacks.get(param("stack")), caller.origin)),
        }),
        route({
            ...common,
            method: "PUT",
            path: "/api/v1/stacks/{stack}",
            summary: "Create or change a stack",
            description: "Fields left out keep their value. A new stack without composeYaml is empty until Git fills it. Nothing is started.",
            body: stackInput,
            responses: { 200: { description: "The stack as it is now", schema: stackDetail } },
            errors: ["STACK_NAME_INVALID", "COMPOSE_INVALID", "STACK_BUSY", "DISK_FULL"],
            answer: async ({ param, body, caller }) => {
                const { stack, isCreated } = await stacks.put(param("stack"), body);
                await audit.append({ actor: caller.actor, action: isCreated ? "stack.create" : "stack.change", stackId: stack.name, subject: null, details: { fields: Object.keys(body) } });
                return json(200, await detail(stack, caller.origin));
            },
        }),
    ];
}
