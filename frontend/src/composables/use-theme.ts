import { computed, ref, watchEffect, type ComputedRef, type Ref } from "vue";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Dockge's key and its three values. */
const THEME_KEY = "theme";

function stored(): Theme {
    const value = localStorage.getItem(THEME_KEY);
    return THEMES.find((theme) => theme === value) ?? "auto";
}

const theme = ref<Theme>(stored());
const darkQuery = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const systemIsDark = ref(darkQuery?.matches ?? true);
darkQuery?.addEventListener("change", (event) => (systemIsDark.value = event.matches));
/** In a page of Dockge's, which puts its theme on the body. */
const pageIsDark = ref<boolean | null>(null);
const isDark = computed(() => pageIsDark.value ?? (theme.value === "dark" || (theme.value === "auto" && systemIsDark.value)));

/** Puts the theme on the page and keeps it there. Called once, before the first paint. */
export function applyTheme(): void {
    watchEffect(() => {
        const name = isDark.value ? "dark" : "light";
        document.documentElement.setAttribute("data-bs-theme", name);
        document.body.classList.toggle("dark", isDark.value);
        document.body.classList.toggle("light", !isDark.value);
        document.querySelector("meta[name=theme-color]")?.setAttribute("content", isDark.value ? "#161b22" : "#ffffff");
    });
}

/** Takes the theme from the page instead of giving it one. */
export function followPageTheme(): void {
    const look = (): void => void (pageIsDark.value = document.body.classList.contains("dark"));
    new MutationObserver(look).observe(document.body, { attributeFilter: ["class"] });
    look();
}

export function useTheme(): { theme: Ref<Theme>; isDark: ComputedRef<boolean>; choose: (next: Theme) => void } {
    return {
        theme,
        isDark,
        choose: (next) => {
            theme.value = next;
            localStorage.setItem(THEME_KEY, next);
        },
    };
}
