import type { DockgePage, PlaceholderComponent } from "./dockge-page.ts";
import { makeTabBar } from "./elements.ts";
import type { PageLanguage } from "./page-language.ts";
import { placeOf, stackAt, type StackPlace } from "./places.ts";
import type { Screens } from "./screens.ts";

/** Dockge's words and colours for a status. */
const STATUS: Record<number, readonly [word: string, colour: string]> = { 1: ["inactive", "dark"], 2: ["inactive", "dark"], 3: ["active", "primary"], 4: ["exited", "danger"] };

/** Marks a frame that says so already. */
const LOST = "gitDeployLost";

export interface Shell {
    /** What Dockge's router shows at our addresses. */
    readonly component: PlaceholderComponent;
    /** The status in the title follows Dockge's list, and the tabs its language. */
    bringUpToDate(): void;
}

/**
 * Our pages in Dockge's column: its kind of title, the tabs, and below them our own Vue app. Dockge replaces the page with every change of
 * the address, even of the filters in it; the app stays the same and is only moved.
 */
export function makeShell(page: DockgePage, language: PageLanguage, load: (onLost: () => void) => Promise<Screens>): Shell {
    let frame: HTMLElement | null = null;
    let screens: Screens | null = null;
    let left: { path: string; focused: Element | null; scrollY: number } | null = null;

    /** A screen could not be loaded; the one before it must not stand below the new title. */
    function showLost(): void {
        screens?.setShown(false);
        if (frame !== null) {
            showLoadFailure(frame, language);
        }
    }

    async function fill(into: HTMLElement): Promise<void> {
        try {
            screens ??= await load(showLost);
        } catch {
            showLoadFailure(into, language);
            return;
        }
        if (into !== frame) {
            return;
        }
        into.append(screens.element);
        screens.setShown(true);
        if (left?.path === page.router.currentRoute.value.path) {
            if (left.focused instanceof HTMLElement && screens.element.contains(left.focused)) {
                left.focused.focus({ preventScroll: true });
            }
            scrollTo(scrollX, left.scrollY);
        }
    }

    return {
        component: {
            inheritAttrs: false,
            render: () => null,
            mounted() {
                frame = document.createElement("div");
                const place = placeOf(page.router.currentRoute.value);
                if (place !== null) {
                    frame.append(makeHeading(page, place), makeTabBar(place, language, page.router));
                }
                this.$el.parentNode?.insertBefore(frame, this.$el.nextSibling);
                void fill(frame);
            },
            beforeUnmount() {
                left = { path: page.router.currentRoute.value.path, focused: document.activeElement, scrollY };
                frame?.remove();
                frame = null;
                // A page that follows at once takes the app over.
                setTimeout(() => screens?.setShown(frame !== null));
            },
        },
        bringUpToDate() {
            const place = placeOf(page.router.currentRoute.value);
            const heading = frame?.querySelector("h1");
            if (place !== null && heading) {
                const next = makeHeading(page, place);
                if (!heading.isEqualNode(next)) {
                    heading.replaceWith(next);
                }
                const tabs = frame?.querySelector<HTMLElement>(":scope > h1 + .git-deploy");
                if (tabs && tabs.lang !== language.locale) {
                    tabs.replaceWith(makeTabBar(place, language, page.router));
                }
            }
        },
    };
}

function makeHeading(page: DockgePage, { stackName, endpoint }: StackPlace): HTMLElement {
    const [word, colour] = STATUS[stackAt(page.root, stackName, endpoint)?.status ?? 0] ?? ["?", "secondary"];
    const badge = document.createElement("span");
    badge.className = `badge rounded-pill bg-${colour}`;
    badge.style.minWidth = "62px";
    badge.textContent = word === "?" ? word : page.root.$t(word);
    const heading = document.createElement("h1");
    heading.className = "mb-3";
    heading.append(badge, ` ${stackName}`);
    if (endpoint !== "") {
        const agent = document.createElement("small");
        agent.className = "text-secondary";
        agent.textContent = ` (${endpoint})`;
        heading.append(agent);
    }
    return heading;
}

/** An upgrade has replaced the files that this page still wanted to load, or the network is away. */
function showLoadFailure(into: HTMLElement, { texts: { embed } }: PageLanguage): void {
    if (LOST in into.dataset) {
        return;
    }
    into.dataset[LOST] = "";
    const text = document.createElement("p");
    text.textContent = embed.loadFailed;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-normal";
    again.textContent = embed.reload;
    again.addEventListener("click", () => location.reload());
    into.append(text, again);
}
