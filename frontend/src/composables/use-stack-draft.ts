import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import type { Stack } from "../server/dockge-wire.ts";
import { useServer } from "../server/server.ts";
import { useKeptDraft } from "./use-kept-draft.ts";

interface Texts {
    readonly yaml: string;
    readonly env: string;
}

interface Files extends Texts {
    readonly hash: string | null;
}

export interface StackDraft {
    readonly yaml: Ref<string>;
    readonly env: Ref<string>;
    readonly isChanged: ComputedRef<boolean>;
    /** The `contentHash` of the files that the person began to edit; null where the server tells none. */
    readonly baseHash: () => string | null;
    /** Notes what is being written: files that come back like this are this page's own, and are saved over the next time. */
    readonly noteWritten: (yaml: string, env: string) => void;
    /** Back to the files as they are now. */
    readonly discard: () => void;
    /** Goes on from the files as they are now: what was not touched follows them, what was typed stays. */
    readonly rebase: () => void;
}

/** The texts of one stack as they are being edited. What somebody types outlives a reload of the files, and a session that ends elsewhere. */
export function useStackDraft(files: () => Stack | null): StackDraft {
    const server = useServer();
    const yaml = ref("");
    const env = ref("");
    const base = shallowRef<Files | null>(null);
    let written: Texts | null = null;
    const isChanged = computed(() => base.value !== null && (yaml.value !== base.value.yaml || env.value !== base.value.env));
    const takeKept = useKeptDraft(
        () => `stack ${server.endpoint}/${files()?.name}`,
        () => (isChanged.value && base.value !== null ? { yaml: yaml.value, env: env.value, base: base.value } : null),
    );

    function begin(stack: Stack): void {
        const draft = takeKept();
        if (draft === null) {
            follow(stack);
            return;
        }
        [yaml.value, env.value, base.value] = [draft.yaml, draft.env, draft.base];
        adoptIfSame(stack);
    }

    function follow(stack: Stack): void {
        base.value = filesOf(stack);
        yaml.value = stack.composeYAML;
        env.value = stack.composeENV;
    }

    /** As what was saved by this page itself: with the new hash it can be saved once more. */
    function adoptIfSame(stack: Stack): void {
        if (isSame(base.value, stack) || isSame(written, stack)) {
            base.value = filesOf(stack);
        }
    }

    watch(
        files,
        (next) => {
            if (next === null) {
                return;
            }
            if (base.value === null) {
                begin(next);
            } else if (isChanged.value) {
                adoptIfSame(next);
            } else {
                follow(next);
            }
        },
        { immediate: true },
    );

    return {
        yaml,
        env,
        isChanged,
        baseHash: () => base.value?.hash ?? null,
        noteWritten(yamlText, envText) {
            written = { yaml: yamlText, env: envText };
        },
        discard() {
            const stack = files();
            if (stack !== null) {
                follow(stack);
            }
        },
        rebase() {
            const stack = files();
            if (stack === null || base.value === null) {
                return;
            }
            yaml.value = yaml.value === base.value.yaml ? stack.composeYAML : yaml.value;
            env.value = env.value === base.value.env ? stack.composeENV : env.value;
            base.value = filesOf(stack);
        },
    };
}

function isSame(texts: Texts | null, stack: Stack): boolean {
    return texts?.yaml === stack.composeYAML && texts.env === stack.composeENV;
}

function filesOf(stack: Stack): Files {
    return { yaml: stack.composeYAML, env: stack.composeENV, hash: stack.contentHash ?? null };
}
