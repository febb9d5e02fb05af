import { onScopeDispose, ref, type Ref } from "vue";

/** Milliseconds for which "copied" is shown. */
const SHOWN_MS = 2_000;

/** `navigator.clipboard` exists on https and localhost only; home servers are often plain http. */
function copyOldWay(text: string): boolean {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    // Deprecated, and the only way on a page without https.
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
}

export function useClipboard(): { isCopied: Ref<boolean>; copy: (text: string) => Promise<void> } {
    const isCopied = ref(false);
    let timer: ReturnType<typeof setTimeout> | undefined;
    onScopeDispose(() => clearTimeout(timer));
    return {
        isCopied,
        copy: async (text) => {
            try {
                await navigator.clipboard.writeText(text);
                isCopied.value = true;
            } catch {
                isCopied.value = copyOldWay(text);
            }
            clearTimeout(timer);
            timer = setTimeout(() => (isCopied.value = false), SHOWN_MS);
        },
    };
}
