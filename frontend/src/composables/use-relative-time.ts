import { computed, onScopeDispose, readonly, ref, type ComputedRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";

const now = ref(Date.now());
let timer: ReturnType<typeof setInterval> | undefined;
let users = 0;

/** One clock for all components: it ticks while somebody looks at it. Milliseconds since 1970. */
export function useNow(): Readonly<Ref<number>> {
    users += 1;
    now.value = Date.now();
    timer ??= setInterval(() => (now.value = Date.now()), 1_000);
    onScopeDispose(() => {
        users -= 1;
        if (users === 0) {
            clearInterval(timer);
            timer = undefined;
        }
    });
    return readonly(now);
}

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
];

export function relativeTime(iso: string, nowMs: number, locale: string, justNow: string): string {
    const seconds = Math.round((Date.parse(iso) - nowMs) / 1_000);
    const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
    if (unit === undefined) {
        return justNow;
    }
    // "yesterday", but not "next month" for 30 days.
    const numeric = unit[0] === "day" ? "auto" : "always";
    return new Intl.RelativeTimeFormat(locale, { numeric, style: "long" }).format(Math.trunc(seconds / unit[1]), unit[0]);
}

/** "2 minutes ago" and the exact moment for the title. */
export function useRelativeTime(iso: () => string): { text: ComputedRef<string>; exact: ComputedRef<string> } {
    const { locale, t } = useI18n();
    const clock = useNow();
    return {
        text: computed(() => relativeTime(iso(), clock.value, locale.value, t("time.justNow"))),
        exact: computed(() => new Date(iso()).toLocaleString(locale.value, { dateStyle: "full", timeStyle: "long" })),
    };
}

/** `1 h 02 min`, `3 min 20 s`, `8 s` in the page's language. Not every browser has Intl.DurationFormat yet. */
export function formatDuration(seconds: number, t: (key: string, values: Record<string, string | number>) => string): string {
    const whole = Math.max(0, Math.round(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
    if (hours > 0) {
        return t("time.hours", { hours, minutes: String(minutes).padStart(2, "0") });
    }
    return minutes > 0 ? t("time.minutes", { minutes, seconds: String(rest).padStart(2, "0") }) : t("time.seconds", { seconds: rest });
}
