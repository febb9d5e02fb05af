import type { BuildConfigInput } from "../../common/schemas.ts";
import type { BuildConfigView } from "../../common/views.ts";
import type { BuildConfig, EnvironmentVariable } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { AuditLog, BuildConfigStore, Clock, Random, RepositoryStore } from "../domain/ports.ts";
import { compilePatterns } from "../domain/push/patterns.ts";
import { Secret } from "../domain/secret.ts";
import { Turns } from "../domain/turns.ts";
import { newBuildConfig } from "./build-config-defaults.ts";
import type { Caller } from "./caller.ts";
import { notLinked, requireRepository } from "./repository/linked-repository.ts";
import { requireStack, type Stacks } from "./stacks.ts";
import { DEFAULT_SCRIPT } from "./repository/suggest-build.ts";
import type { Views } from "./views.ts";

interface Parts {
    buildConfigs: BuildConfigStore;
    repositories: Pick<RepositoryStore, "byStack">;
    stacks: Stacks;
    audit: Pick<AuditLog, "append">;
    views: Views;
    clock: Pick<Clock, "now">;
    random: Pick<Random, "uuid">;
}

/** How stacks are built from their repositories. */
export class BuildConfigService {
    readonly #parts: Parts;
    readonly #turns = new Turns();

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** null when the stack follows no repository. @throws STACK_NOT_FOUND */
    async find(stack: string): Promise<BuildConfigView | null> {
        const config = await this.#parts.buildConfigs.byStack(stack);
        if (config === null) {
            await requireStack(this.#parts.stacks, stack);
            return null;
        }
        return this.#parts.views.buildConfig(config);
    }

    /** @throws REPOSITORY_NOT_LINKED, STACK_NOT_FOUND */
    async get(stack: string): Promise<BuildConfigView> {
        const config = await this.find(stack);
        if (config === null) {
            throw await notLinked(this.#parts.stacks, stack);
        }
        return config;
    }

    /** Fields left out keep their value. @throws INPUT_INVALID, REPOSITORY_NOT_LINKED, STACK_CHANGED */
    async save(stack: string, { expectedUpdatedAt, ...input }: BuildConfigInput, caller: Caller): Promise<BuildConfigView> {
        return await this.#turns.take(stack, async () => {
            const stored = await this.#stored(stack);
            if (expectedUpdatedAt !== undefined && Date.parse(expectedUpdatedAt) !== stored.updatedAt) {
                throw new DeployError("STACK_CHANGED", "The build settings were changed by somebody else since you opened them. Load them again, then make your changes.", { details: { stack } });
            }
            checkPatterns("autoDeployBranches", input.autoDeployBranches);
            checkPatterns("autoDeployTags", input.autoDeployTags);
            checkUnique("buildArgs", input.buildArgs);
            checkUnique("environmentVariables", input.environmentVariables);
            const { environmentVariables, ...plain } = input;
            const changes: Partial<Omit<BuildConfig, "id" | "stackId" | "repositoryId" | "createdAt">> = {
                ...withoutUndefined(plain),
                ...(environmentVariables === undefined ? {} : { environmentVariables: mergeVariables(stored.environmentVariables, environmentVariables) }),
                updatedAt: this.#parts.clock.now(),
            };
            const saved = { ...stored, ...changes };
            if (saved.buildType === "script" && (saved.script ?? "").trim() === "") {
                changes.script = DEFAULT_SCRIPT;
                saved.script = DEFAULT_SCRIPT;
            }
            await this.#parts.buildConfigs.update(stored.id, changes);
            await this.#parts.audit.append({ actor: caller.actor, action: "build-config.save", stackId: stack, subject: stored.id, details: { fields: Object.keys(input) } });
            return this.#parts.views.buildConfig(saved);
        });
    }

    async #stored(stack: string): Promise<BuildConfig> {
        const stored = await this.#parts.buildConfigs.byStack(stack);
        if (stored !== null) {
            return stored;
        }
        const repository = await requireRepository(this.#parts, stack);
        const made = newBuildConfig(this.#parts.random.uuid(), repository, this.#parts.clock.now());
        await this.#parts.buildConfigs.insert(made);
        return made;
    }
}

/** The new list; a secret variable sent without a value keeps the stored one. @throws INPUT_INVALID when there is none to keep */
function mergeVariables(stored: EnvironmentVariable[], given: NonNullable<BuildConfigInput["environmentVariables"]>): EnvironmentVariable[] {
    return given.map(({ name, value, secret }) => {
        if (value !== undefined && value !== null) {
            return { name, value: new Secret(value), isSecret: secret };
        }
        const kept = stored.find((variable) => variable.name === name);
        if (kept === undefined) {
            throw new DeployError("INPUT_INVALID", `environmentVariables: ${name} needs a value.`);
        }
        if (kept.isSecret && !secret) {
            // Otherwise unticking "secret" would be a way to read a write-only value.
            throw new DeployError("INPUT_INVALID", `environmentVariables: ${name} is a secret. Give its value anew to make it readable.`);
        }
        return { name, value: kept.value, isSecret: secret };
    });
}

function checkPatterns(field: string, patterns: string[] | undefined): void {
    if (patterns === undefined) {
        return;
    }
    try {
        compilePatterns(patterns);
    } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new DeployError("INPUT_INVALID", `${field}: ${reason}`, { cause: thrown });
    }
}

function checkUnique(field: string, list: readonly { name: string }[] | undefined): void {
    const seen = new Set<string>();
    for (const { name } of list ?? []) {
        if (seen.has(name)) {
            throw new DeployError("INPUT_INVALID", `${field}: ${name} is there twice.`);
        }
        seen.add(name);
    }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
    return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<Defined<T>>;
}
