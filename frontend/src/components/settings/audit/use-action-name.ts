import { useI18n } from "vue-i18n";

/** What a person calls an action of the log, such as `two-factor.enable`; one that has no text is shown as it is. */
export function useActionName(): (action: string) => string {
    const i18n = useI18n();
    const { t } = i18n;
    return (action) => {
        // A dot would lead to another level.
        const key = `auditActions.${action.replaceAll(".", "_")}`;
        return i18n.te(key) ? t(key) : action;
    };
}
