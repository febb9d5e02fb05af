import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import type { BuildConfigView } from "../../../common/views.ts";
import { buildConfigInput, type BuildConfigInput } from "../../../common/schemas.ts";
import { useServer } from "../server/server.ts";
import { ServerError } from "../server/server-error.ts";
import { useKeptDraft } from "./use-kept-draft.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

/** What a person edits: the view without what the server alone decides. */
export type BuildConfigDraft = Omit<BuildConfigView, "id" | "stackId" | "repositoryId" | "createdAt" | "updatedAt">;

export interface OpenBuildConfig extends Loaded<BuildConfigView | null> {
    readonly draft: Ref<BuildConfigDraft | null>;
    readonly isChanged: ComputedRef<boolean>;
    /** Somebody else has saved other settings while something was being typed here. */
    readonly isChangedElsewhere: ComputedRef<boolean>;
    readonly save: () => Promise<void>;
    readonly discard: () => void;
}

function draftOf(config: BuildConfigView): BuildConfigDraft {
    const { id: _id, stackId: _stackId, repositoryId: _repositoryId, createdAt: _createdAt, updatedAt: _updatedAt, ...draft } = structuredClone(config);
    return draft;
}

/** Values of JSON, whose keys come in the same order from the same server. */
function isSame(one: unknown, other: unknown): boolean {
    return JSON.stringify(one) === JSON.stringify(other);
}

/** Empty text means "not set"; empty rows of lists are dropped. */
export function toInput(draft: BuildConfigDraft): BuildConfigInput {
    const text = (value: string | null): string | null => (value === null || value.trim() === "" ? null : value);
    const lines = (values: string[]): string[] => values.filter((value) => value.trim() !== "");
    return {
        ...draft,
        dockerfilePath: text(draft.dockerfilePath),
        composePath: text(draft.composePath),
        script: text(draft.script),
        commandImage: text(draft.commandImage),
        healthCheckPath: text(draft.healthCheckPath),
        buildArgs: draft.buildArgs.filter(({ name }) => name !== ""),
        // Whether a value can be opened is the server's word, which it does not take back.
        environmentVariables: draft.environmentVariables.filter(({ name }) => name !== "").map(({ unreadable: _unreadable, ...variable }) => variable),
        preBuildCommands: lines(draft.preBuildCommands),
        postBuildCommands: lines(draft.postBuildCommands),
        autoDeployBranches: lines(draft.autoDeployBranches),
        autoDeployTags: lines(draft.autoDeployTags),
        includePaths: lines(draft.includePaths),
        excludePaths: lines(draft.excludePaths),
    };
}

export function useBuildConfig(stack: () => string): OpenBuildConfig {
    const server = useServer();
    const loaded = useLoaded(async () => (await server.call("getBuildConfig", stack())).buildConfig, stack);
    const draft = ref<BuildConfigDraft | null>(null);
    /** What the person began to edit. */
    const base = shallowRef<BuildConfigView | null>(null);
    const wasSavedElsewhere = ref(false);
    const isChanged = computed(() => draft.value !== null && base.value !== null && !isSame(draft.value, draftOf(base.value)));

    function follow(config: BuildConfigView | null): void {
        base.value = config;
        draft.value = config === null ? null : draftOf(config);
        wasSavedElsewhere.value = false;
    }

    /** Goes on from what is saved now: what was not touched follows it, what was typed stays. */
    function rebase(config: BuildConfigView): void {
        if (draft.value === null || base.value === null) {
            return;
        }
        const [typed, before, now] = [draft.value, draftOf(base.value), draftOf(config)];
        wasSavedElsewhere.value ||= !isSame(before, now);
        const touched = Object.entries(typed).filter(([name, value]) => !isSame(value, before[name as keyof BuildConfigDraft]));
        draft.value = { ...now, ...(Object.fromEntries(touched) as Partial<BuildConfigDraft>) };
        base.value = config;
    }

    const takeKept = useKeptDraft(
        () => `build ${server.endpoint}/${stack()}`,
        () => (isChanged.value && draft.value !== null && base.value !== null ? { draft: draft.value, base: base.value } : null),
    );

    function begin(config: BuildConfigView): void {
        const kept = takeKept();
        follow(kept?.base ?? config);
        if (kept !== null) {
            draft.value = kept.draft;
            rebase(config);
        }
    }

    watch(loaded.value, (next) => {
        if (next === null) {
            follow(null);
        } else if (next.stackId !== base.value?.stackId) {
            begin(next);
        } else if (isChanged.value) {
            rebase(next);
        } else {
            follow(next);
        }
    });

    return {
        ...loaded,
        draft,
        isChanged,
        isChangedElsewhere: computed(() => wasSavedElsewhere.value && isChanged.value),
        discard: () => follow(loaded.value.value),
        save: async () => {
            if (draft.value === null) {
                return;
            }
            const input: BuildConfigInput = { ...toInput(draft.value), ...(base.value === null ? {} : { expectedUpdatedAt: base.value.updatedAt }) };
            const checked = buildConfigInput.safeParse(input);
            if (!checked.success) {
                const [issue] = checked.error.issues;
                throw new ServerError("INPUT_INVALID", issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`);
            }
            try {
                loaded.value.value = (await server.call("saveBuildConfig", stack(), input)).buildConfig;
            } catch (error) {
                if (error instanceof ServerError && error.code === "STACK_CHANGED") {
                    // What was typed goes on from what the other one has saved; the person looks at both and saves again.
                    await loaded.reload();
                }
                throw error;
            }
            follow(loaded.value.value);
        },
    };
}
