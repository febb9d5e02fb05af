import { ICONS, type IconName } from "../components/icons.ts";
import { markLanguage, type PageLanguage } from "./page-language.ts";
import { addressOf, type StackPlace, type Tab } from "./places.ts";

/** Elements without Vue: they are on every stack page of Dockge, and must cost it nothing. */

const SVG = "http://www.w3.org/2000/svg";
const TABS: readonly { tab: Tab; icon: IconName; testid: string }[] = [
    { tab: "compose", icon: "file", testid: "tab-stack" },
    { tab: "git", icon: "branch", testid: "tab-stack-git" },
    { tab: "deployments", icon: "rocket", testid: "tab-stack-deployments" },
];

interface Navigator {
    push(to: string): Promise<unknown>;
}

/** Not with Dockge's own text for "compose", which some of its languages take for the verb. */
export function makeTabBar(place: StackPlace, language: Pick<PageLanguage, "locale" | "texts">, router: Navigator): HTMLElement {
    const { tabs } = language.texts;
    const bar = document.createElement("nav");
    bar.className = "page-tabs";
    bar.setAttribute("aria-label", tabs.label);
    for (const { tab, icon, testid } of TABS) {
        const link = makeLink(addressOf(tab, place), tabs[tab], icon, router);
        link.className = "page-tab";
        link.dataset["testid"] = testid;
        if (tab === place.tab) {
            link.classList.add("is-active");
            link.setAttribute("aria-current", "page");
        }
        bar.append(link);
    }
    const scope = document.createElement("div");
    scope.className = "git-deploy";
    markLanguage(scope, language);
    scope.append(bar);
    return scope;
}

/** A real link, that stays in the page when it is simply clicked. */
export function makeLink(address: string, text: string, icon: IconName, router: Navigator): HTMLAnchorElement {
    const link = document.createElement("a");
    link.href = address;
    link.append(makeIcon(icon), ` ${text}`);
    link.addEventListener("click", (event) => {
        if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented) {
            event.preventDefault();
            void router.push(address);
        }
    });
    return link;
}

function makeIcon(name: IconName): SVGElement {
    const icon = document.createElementNS(SVG, "svg");
    const attributes = { width: "16", height: "16", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
    Object.entries(attributes).forEach(([attribute, value]) => icon.setAttribute(attribute, value));
    icon.classList.add("icon");
    icon.append(
        ...ICONS[name].map((d) => {
            const path = document.createElementNS(SVG, "path");
            path.setAttribute("d", d);
            return path;
        }),
    );
    return icon;
}
