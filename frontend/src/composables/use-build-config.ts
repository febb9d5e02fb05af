import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import type { BuildConfigView } from "../../../common/wire.ts";
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
    readonly save: () => Promise<void>;
    readonly discard: () => void;
}

function draftOf(config: BuildConfigView): BuildConfigDraft {
    const { id: _id, stackId: _stackId, repositoryId: _repositoryId, createdAt: _createdAt, updatedAt: _updatedAt, ...draft } = structuredClone(config);
    return draft;
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
        environmentVariables: draft.environmentVariables.filter(({ name }) => name !== ""),
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
    const isChanged = computed(() => {
        const config = loaded.value.value;
        return draft.value !== null && config !== null && JSON.stringify(draft.value) !== JSON.stringify(draftOf(config));
    });

    function discard(): void {
        draft.value = loaded.value.value === null ? null : draftOf(loaded.value.value);
    }

    const takeKept = useKeptDraft(
        () => `build ${server.endpoint}/${stack()}`,
        () => (isChanged.value ? { draft: draft.value, updatedAt: loaded.value.value?.updatedAt } : null),
    );

    watch(loaded.value, (next, before) => {
        // A reload after a reconnect must not wipe what is being typed.
        if (before === null || next?.stackId !== before?.stackId || next?.updatedAt !== before.updatedAt) {
            discard();
            const typed = before === null ? takeKept() : null;
            if (typed !== null && typed.updatedAt === next?.updatedAt) {
                draft.value = typed.draft;
            }
        }
    });

    return {
        ...loaded,
        draft,
        isChanged,
        discard,
        save: async () => {
            if (draft.value === null) {
                return;
            }
            const input = toInput(draft.value);
            const checked = buildConfigInput.safeParse(input);
            if (!checked.success) {
                const [issue] = checked.error.issues;
                throw new ServerError("INPUT_INVALID", issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`);
            }
            loaded.value.value = (await server.call("saveBuildConfig", stack(), input)).buildConfig;
            discard();
        },
    };
}
