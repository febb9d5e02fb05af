import type { DeployRulesQuestion, DeployRulesVerdict } from "../../../common/stack-insight.ts";
import { decide, pathsMatter, type DecisionPolicy, type DeployVerdict } from "../../domain/push/decide.ts";
import { DeployError } from "../../domain/errors.ts";
import { compilePatterns } from "../../domain/push/patterns.ts";
import type { BuildConfigStore, RepositoryStore } from "../../domain/ports.ts";
import { emptyRepositoryInfo, type Push } from "../../domain/push/push.ts";
import { requireRepository } from "../repository/linked-repository.ts";
import type { Stacks } from "../stacks.ts";

interface Parts {
    repositories: Pick<RepositoryStore, "byStack">;
    buildConfigs: Pick<BuildConfigStore, "byStack">;
    stacks: Stacks;
}

type Rules = DecisionPolicy["config"];

/** As for stacks whose build settings were never saved. */
const DEFAULT_RULES: Rules = { autoDeployOnPush: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [] };

/** Answers "would this push deploy?" with the very function that decides about pushes. */
export class DeployRulesService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND; INPUT_INVALID for an expression that is none */
    async test(stack: string, input: DeployRulesQuestion): Promise<DeployRulesVerdict> {
        const repository = await requireRepository(this.#parts, stack);
        const saved: Rules = (await this.#parts.buildConfigs.byStack(stack)) ?? DEFAULT_RULES;
        const config = withRules(saved, input.rules);
        checkPatterns("autoDeployBranches", config.autoDeployBranches);
        checkPatterns("autoDeployTags", config.autoDeployTags);
        const verdict = decide(imaginedPush(input), { repository, config, trigger: input.trigger });
        const paths = (input.changedPaths ?? []).map((path) => ({ path, counts: pathsMatter([path], config) }));
        return verdict.kind === "ignore" ? { verdict: "ignore", code: verdict.code, reason: verdict.reason, paths } : { verdict: "deploy", code: null, reason: reasonOf(verdict), paths };
    }
}

function withRules(saved: Rules, given: DeployRulesQuestion["rules"]): Rules {
    return {
        autoDeployOnPush: given?.autoDeployOnPush ?? saved.autoDeployOnPush,
        autoDeployBranches: given?.autoDeployBranches ?? saved.autoDeployBranches,
        autoDeployTags: given?.autoDeployTags ?? saved.autoDeployTags,
        includePaths: given?.includePaths ?? saved.includePaths,
        excludePaths: given?.excludePaths ?? saved.excludePaths,
    };
}

/** What is stored already must not stop a verdict; what is being typed shall be told. */
function checkPatterns(field: string, patterns: readonly string[]): void {
    try {
        compilePatterns(patterns);
    } catch (thrown) {
        throw new DeployError("INPUT_INVALID", `${field}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    }
}

function imaginedPush({ refType, name, changedPaths, message }: DeployRulesQuestion): Push {
    return {
        kind: "push",
        ref: `refs/${refType === "tag" ? "tags" : "heads"}/${name}`,
        refType,
        name,
        before: null,
        after: null,
        isCreated: false,
        isDeleted: false,
        isForced: false,
        headCommit: { id: "", message: message ?? "", author: null },
        pusher: null,
        changedFiles: changedPaths ?? null,
        isSkipRequested: false,
        repository: emptyRepositoryInfo(),
    };
}

function reasonOf({ branch, tag, mustCheckPaths }: DeployVerdict): string {
    const what = tag === null ? `A push to ${branch ?? "the branch"}` : `The tag ${tag}`;
    return mustCheckPaths ? `${what} is deployed when the path filter lets it through; without a list of changed paths that is found out after the fetch.` : `${what} is deployed.`;
}
