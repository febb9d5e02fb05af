import { z } from "zod";
import { auditExportInput, auditLogInput } from "../../common/audit.ts";
import {
    apiTokenInput,
    buildConfigInput,
    deployInput,
    deploymentListInput,
    deploymentReadInput,
    logInput,
    logReadInput,
    repositoryInput,
    repositoryTestInput,
    rotateSecretInput,
    webhookEventListInput,
} from "../../common/schemas.ts";
import { compareReleasesInput, composeFilesInput, deploymentStatisticsInput, deployRulesTestInput, healthCheckTestInput } from "../../common/stack-insight.ts";
import type { Result, Verb, Verbs } from "../../common/wire.ts";
import type { Logger, Random } from "../domain/ports.ts";
import type { Caller } from "../services/caller.ts";
import { failureAnswer, FailureReporter } from "./failure.ts";
import type { Host, HostUser } from "./host.ts";
import { parseInput } from "./parse-input.ts";
import type { Services } from "./services.ts";
import { requireStackName } from "./stacks/stack-name.ts";

type Answer<V extends Verb> = (args: unknown[], caller: Caller, user: HostUser) => Promise<Verbs[V]["result"]>;

/** Ids are only ever compared with stored ones; the bound keeps nonsense out of queries. */
const id = z.string().min(1).max(100);
const offset = z.number().int().min(0).default(0);

/** Socket.IO turns an argument that was left out into null. */
const orEmpty = <S extends z.ZodType>(schema: S) => z.preprocess((value) => value ?? {}, schema);

/** Registers every verb of `Verbs`; one that is missing does not compile. */
export function registerVerbs(parts: { host: Host; services: Services; logger: Logger; random: Pick<Random, "uuid"> }): void {
    const failures = new FailureReporter(parts);
    for (const [verb, answer] of Object.entries(answers(parts.host, parts.services))) {
        parts.host.answer(verb, async (args, user): Promise<Result<object>> => {
            try {
                return { ok: true, ...(await answer(args, callerOf(user), user)) };
            } catch (thrown) {
                return failureAnswer(failures.report(thrown, verb));
            }
        });
    }
}

function callerOf(user: HostUser): Caller {
    return { actor: { kind: "user", name: user.name, address: user.address }, origin: user.origin ?? null };
}

function answers(host: Host, services: Services): { [V in Verb]: Answer<V> } {
    const { repositories, buildConfigs, deployments, webhookEvents, apiTokens, remoteState } = services;
    return {
        getGitRepository: ofStack(z.tuple([]), async (stack, _, caller) => ({ gitRepository: await repositories.find(stack, caller) })),
        saveGitRepository: ofStack(z.tuple([repositoryInput]), async (stack, [input], caller) => ({ gitRepository: await repositories.save(stack, input, caller) })),
        deleteGitRepository: ofStack(z.tuple([]), async (stack, _, caller) => {
            await repositories.remove(stack, caller);
            return {};
        }),
        testGitRepository: ofStack(z.tuple([orEmpty(repositoryTestInput.strict())]), async (stack, [input], caller) => await repositories.test(stack, input, caller)),
        listGitBranches: ofStack(z.tuple([]), async (stack) => await repositories.listBranches(stack)),
        rotateWebhookSecret: ofStack(z.tuple([orEmpty(rotateSecretInput)]), async (stack, [input], caller) => await repositories.rotateSecret(stack, input, caller)),
        getBuildConfig: ofStack(z.tuple([]), async (stack) => ({ buildConfig: await buildConfigs.find(stack) })),
        saveBuildConfig: ofStack(z.tuple([buildConfigInput]), async (stack, [input], caller) => ({ buildConfig: await buildConfigs.save(stack, input, caller) })),
        deployFromGit: ofStack(z.tuple([orEmpty(deployInput)]), async (stack, [input], caller) => ({ deployment: await deployments.deploy(stack, input, caller) })),
        cancelDeployment: of(z.tuple([id]), async ([deploymentId], caller) => ({ deployment: await deployments.cancel(deploymentId, caller) })),
        retryDeployment: of(z.tuple([id]), async ([deploymentId], caller) => ({ deployment: await deployments.retry(deploymentId, caller) })),
        rollbackDeployment: of(z.tuple([id]), async ([deploymentId], caller) => ({ deployment: await deployments.rollback(deploymentId, caller) })),
        resumeAutoDeploy: ofStack(z.tuple([]), async (stack, _, caller) => ({ gitRepository: await repositories.resumeAutoDeploy(stack, caller) })),
        getDeploymentList: ofStack(z.tuple([orEmpty(deploymentListInput)]), async (stack, [input]) => await deployments.list(stack, input)),
        getDeployment: of(z.tuple([id, orEmpty(deploymentReadInput)]), async ([deploymentId, input]) => ({ deployment: await deployments.get(deploymentId, input) })),
        joinDeploymentLog: of(z.tuple([id, z.preprocess((value) => value ?? undefined, offset)]), async ([deploymentId, from], _, user) => {
            // Joined before it is read: what is written in between comes twice and is told apart by its offset; the other way round it would be lost.
            host.joinLog(user.connectionId, deploymentId);
            try {
                return await deployments.logFrom(deploymentId, from);
            } catch (thrown) {
                host.leaveLog(user.connectionId, deploymentId);
                throw thrown;
            }
        }),
        leaveDeploymentLog: of(z.tuple([id]), ([deploymentId], _, user) => {
            host.leaveLog(user.connectionId, deploymentId);
            return Promise.resolve({});
        }),
        getDeploymentLog: of(z.tuple([id, orEmpty(logInput)]), async ([deploymentId, input]) => await deployments.log(deploymentId, input)),
        getDeploymentLogOutline: of(z.tuple([id]), async ([deploymentId]) => await deployments.logOutline(deploymentId)),
        readDeploymentLog: of(z.tuple([id, logReadInput]), async ([deploymentId, { offset: from, maxBytes }]) => await deployments.logFrom(deploymentId, from, maxBytes)),
        getWebhookEventList: ofStack(z.tuple([orEmpty(webhookEventListInput)]), async (stack, [input]) => await webhookEvents.listOfStack(stack, input)),
        getWebhookEvent: of(z.tuple([id]), async ([eventId]) => ({ event: await webhookEvents.get(eventId) })),
        processWebhookEvent: of(z.tuple([id]), async ([eventId], caller) => await webhookEvents.process(eventId, caller)),
        compareReleases: ofStack(z.tuple([orEmpty(compareReleasesInput)]), async (stack, [input]) => ({ comparison: await services.comparison.compare(stack, input) })),
        deploymentStatistics: ofStack(z.tuple([orEmpty(deploymentStatisticsInput)]), async (stack, [input]) => ({ statistics: await services.statistics.read(stack, input) })),
        testDeployRules: ofStack(z.tuple([deployRulesTestInput]), async (stack, [input]) => await services.deployRules.test(stack, input)),
        testHealthCheck: ofStack(z.tuple([orEmpty(healthCheckTestInput)]), async (stack, [input]) => ({ attempt: await services.healthCheck.attempt(stack, input) })),
        getRemoteState: ofStack(z.tuple([]), async (stack) => ({ remoteState: await remoteState.known(stack) })),
        checkRemote: ofStack(z.tuple([]), async (stack) => ({ remoteState: await remoteState.check(stack) })),
        listComposeFiles: ofStack(z.tuple([orEmpty(composeFilesInput)]), async (stack, [input]) => await remoteState.composeFiles(stack, input)),
        createApiToken: of(z.tuple([apiTokenInput]), async ([input], caller) => await apiTokens.create(input, caller)),
        listApiTokens: of(z.tuple([]), async () => ({ apiTokens: await apiTokens.list() })),
        getAuditLog: of(z.tuple([orEmpty(auditLogInput)]), async ([input]) => await services.audit.list(input)),
        exportAuditLog: of(z.tuple([orEmpty(auditExportInput)]), async ([input]) => await services.audit.export(input)),
        revokeApiToken: of(z.tuple([id]), async ([tokenId], caller) => {
            await apiTokens.revoke(tokenId, caller);
            return {};
        }),
    };
}

type Tuple = z.ZodTuple<readonly z.core.SomeType[], null>;

function of<S extends Tuple, R>(schema: S, run: (args: z.output<S>, caller: Caller, user: HostUser) => Promise<R>) {
    return async (args: unknown[], caller: Caller, user: HostUser): Promise<R> => await run(parseInput(schema, padded(schema, args)), caller, user);
}

function ofStack<S extends Tuple, R>(schema: S, run: (stack: string, args: z.output<S>, caller: Caller, user: HostUser) => Promise<R>) {
    return async (args: unknown[], caller: Caller, user: HostUser): Promise<R> => {
        const [stack, ...rest] = args;
        return await run(requireStackName(stack), parseInput(schema, padded(schema, rest)), caller, user);
    };
}

/** Arguments that were left out at the end, as undefined. */
function padded(schema: Tuple, args: unknown[]): unknown[] {
    const missing = Math.max(0, schema.def.items.length - args.length);
    return [...args, ...Array.from({ length: missing }, () => undefined)];
}
