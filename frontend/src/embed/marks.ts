import { listItems, newStackButton, stackHeading } from "./anchors.ts";
import type { DockgePage } from "./dockge-page.ts";
import { makeLink, makeTabBar } from "./elements.ts";
import { markLanguage, type PageLanguage } from "./page-language.ts";
import { addressOf, newFromGitAddress, placeOf, stackAt, type StackPlace } from "./places.ts";

const BAR = "gitDeployTabs";
const BUTTON = "gitDeployNew";
const ACTIVE = "gitDeployActive";

/**
 * Brings what we add to Dockge's own page up to date: tabs below the title of a stack, `From Git` beside `+ Compose`, and the list's
 * highlight on our pages. Dockge redraws at will, so this runs after each change and is cheap when there is nothing to do.
 */
export function bringUpToDate(page: DockgePage, language: PageLanguage): void {
    const place = placeOf(page.router.currentRoute.value);
    markStackPage(page, place, language);
    markNewButton(page, language);
    markList(page, place);
}

function markStackPage(page: DockgePage, place: StackPlace | null, language: PageLanguage): void {
    const heading = stackHeading(page.app);
    const bar = page.app.querySelector<HTMLElement>(`[data-${kebab(BAR)}]`);
    const isWanted = place?.tab === "compose" && (stackAt(page.root, place.stackName, place.endpoint)?.isManagedByDockge ?? false);
    if (!isWanted || heading === null) {
        bar?.remove();
        return;
    }
    const key = JSON.stringify([place, language.locale]);
    if (bar?.dataset[BAR] === key && bar.previousElementSibling === heading) {
        return;
    }
    bar?.remove();
    const next = makeTabBar(place, language, page.router);
    next.dataset[BAR] = key;
    heading.after(next);
}

function markNewButton(page: DockgePage, language: PageLanguage): void {
    const compose = newStackButton(page.app);
    const former = compose?.nextElementSibling instanceof HTMLElement && BUTTON in compose.nextElementSibling.dataset ? compose.nextElementSibling : null;
    if (compose === null || former?.lang === language.locale) {
        return;
    }
    former?.remove();
    const button = makeLink(newFromGitAddress(""), language.texts.stacks.newFromGit, "branch", page.router);
    markLanguage(button, language);
    // Dockge's own classes: the button belongs to its page.
    button.className = "btn btn-normal mb-3 ms-2";
    button.dataset[BUTTON] = "";
    button.dataset["testid"] = "new-from-git";
    compose.after(button);
}

/** Dockge highlights the item whose address is open; ours are beside that address. */
function markList(page: DockgePage, place: StackPlace | null): void {
    const open = place === null || place.tab === "compose" ? null : addressOf("compose", place);
    for (const item of listItems(page.app)) {
        const isOpen = open !== null && decodeURI(item.getAttribute("href") ?? "") === decodeURI(open);
        if (isOpen && !item.classList.contains("active")) {
            item.classList.add("active");
            item.dataset[ACTIVE] = "";
        } else if (!isOpen && ACTIVE in item.dataset) {
            delete item.dataset[ACTIVE];
            if (!isDockgesOwn(item, page)) {
                item.classList.remove("active");
            }
        }
    }
}

function isDockgesOwn(item: HTMLAnchorElement, page: DockgePage): boolean {
    return decodeURI(item.getAttribute("href") ?? "") === decodeURI(page.router.currentRoute.value.path);
}

function kebab(name: string): string {
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
