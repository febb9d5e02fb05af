import { ref, type Ref } from "vue";

const room = ref(0);

/**
 * Pixels that the toasts take at the lower edge of the window, with the gap above them: what ends there can end above them. A page puts it on an element of
 * its own, never on the document, which inside of Dockge is not ours.
 */
export function useToastRoom(): Ref<number> {
    return room;
}
