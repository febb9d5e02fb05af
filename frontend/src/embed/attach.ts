import { findDockgePage, PARENT_ROUTE, type DockgePage } from "./dockge-page.ts";
import { bringUpToDate } from "./marks.ts";
import { followPageLanguage } from "./page-language.ts";
import { NEW_PATH, STACK_PATH, TAB_PATHS } from "./places.ts";
import { makeShell } from "./shell.ts";

/** Where our screens are when Dockge's page is not as expected. */
const OWN_PAGE = "/git-deploy";

/** Adds our pages, tabs and button to Dockge's page, or leaves it untouched and says in one line what it did not find. */
export async function attach(): Promise<void> {
    const found = findDockgePage(document);
    if ("missing" in found) {
        console.warn(`Git Deploy: this page of Dockge has no ${found.missing.join(", ")}. It is left as it is; the Git screens are at ${location.origin}${OWN_PAGE}`);
        return;
    }
    const { page } = found;
    const language = await followPageLanguage();
    const shell = makeShell(page, language, async (onLost) => (await import("./screens.ts")).openScreens(page, language, onLost));
    addRoutes(page, shell);
    const isPending = { value: false };
    const update = (): void => {
        if (!isPending.value) {
            isPending.value = true;
            // Many changes (each line of a terminal is one) are looked at together, before the next picture.
            requestAnimationFrame(() => {
                isPending.value = false;
                bringUpToDate(page, language);
                shell.bringUpToDate();
            });
        }
    };
    new MutationObserver(update).observe(page.app, { childList: true, subtree: true, characterData: true });
    page.router.afterEach(update);
    language.onChange(update);
    update();
    await openAddress(page);
}

function addRoutes({ router }: DockgePage, { component }: ReturnType<typeof makeShell>): void {
    for (const [tab, path] of Object.entries(TAB_PATHS)) {
        router.addRoute(PARENT_ROUTE, { path: `${STACK_PATH}/${path}`, name: `git-deploy-${tab}`, component });
    }
    router.addRoute(PARENT_ROUTE, { path: NEW_PATH, name: "git-deploy-new", component });
}

/** The page was loaded at an address of ours: Dockge's router looked before it knew it. */
async function openAddress({ router }: DockgePage): Promise<void> {
    await router.isReady().catch(() => undefined);
    const { matched, fullPath } = router.currentRoute.value;
    if (matched.length === 0) {
        await router.replace(fullPath);
    }
}
