import type { AtRule, Plugin, Root, Rule } from "postcss";

/** Everything of ours has this around it; with the weight of an id, so that Dockge's own rules do not win. */
const SCOPE = ":is(.git-deploy, #git-deploy)";
/** Dockge says the theme on the body, Bootstrap on the root element. */
const THEMES = /^\[data-bs-theme=["']?(dark|light)["']?\]/;

/** Keeps our styles to what is ours, in a page that we are guests in. */
export function scopeStyles(): Plugin {
    return { postcssPlugin: "scope-styles", Once: scopeAll };
}

function scopeAll(root: Root): void {
    const animations = new Set<string>();
    root.walkAtRules(/keyframes$/, (rule: AtRule) => {
        animations.add(rule.params);
        rule.params = rename(rule.params);
    });
    root.walkDecls(/^animation(-name)?$/, (declaration) => {
        declaration.value = declaration.value.replace(/[\w-]+/g, (word) => (animations.has(word) ? rename(word) : word));
    });
    root.walkRules((rule: Rule) => {
        if (rule.parent?.type !== "atrule" || !/keyframes$/.test((rule.parent as AtRule).name)) {
            rule.selectors = rule.selectors.map(scopeSelector);
        }
    });
}

function rename(animation: string): string {
    return `git-deploy-${animation}`;
}

/** Bootstrap and our own sheets name the page's root in these ways only. */
export function scopeSelector(selector: string): string {
    const theme = THEMES.exec(selector);
    if (theme !== null) {
        return `.${theme[1] ?? ""} ${SCOPE}${selector.slice(theme[0].length)}`;
    }
    if (selector.startsWith("[data-bs-theme]")) {
        // With the weight of one theme, as it was.
        return selector.replace("[data-bs-theme]", `:is(.dark, .light) ${SCOPE}`);
    }
    if (selector.startsWith(":root")) {
        return selector.replace(":root", SCOPE);
    }
    // Only a page of our own has its margins and background from us.
    if (selector === "body" || selector === "html") {
        return "#git-deploy";
    }
    return selector.includes("#git-deploy") ? selector : `${SCOPE} ${selector}`;
}
