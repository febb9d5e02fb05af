import { onScopeDispose } from "vue";
import { useI18n } from "vue-i18n";
import { useRouter } from "vue-router";

/** What stands on the page and is not saved, one entry for each form that is shown. */
const forms = new Set<() => boolean>();

export function hasUnsavedChanges(): boolean {
    return [...forms].some((isUnsaved) => isUnsaved());
}

/** Asks before unsaved changes are dropped. @returns false when the person wants to stay */
export function useLeaveQuestion(): () => boolean {
    const { t } = useI18n();
    return () => !hasUnsavedChanges() || window.confirm(t("common.leave"));
}

/**
 * As long as `isUnsaved` says so, every way off the page asks: another address, also of the same page for another stack, a reload, closing the tab.
 * A log-out changes no address; whoever offers one asks with `useLeaveQuestion`.
 */
export function useUnsavedChanges(isUnsaved: () => boolean): void {
    const mayLeave = useLeaveQuestion();
    const holdPage = (event: BeforeUnloadEvent): void => {
        if (isUnsaved()) {
            event.preventDefault();
        }
    };
    forms.add(isUnsaved);
    addEventListener("beforeunload", holdPage);
    // Filters and anchors are in the address, too, and take nothing away. Of several forms one asks for all.
    const stopGuarding = useRouter().beforeEach((to, from) => to.path === from.path || isUnsaved !== [...forms][0] || mayLeave());
    onScopeDispose(() => {
        forms.delete(isUnsaved);
        removeEventListener("beforeunload", holdPage);
        stopGuarding();
    });
}
