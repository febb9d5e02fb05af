import type { RouterHistory } from "vue-router";
import type { DockgeRouter } from "./dockge-page.ts";

type Callback = Parameters<RouterHistory["listen"]>[0];

/** How vue-router is told of a navigation that it did not begin. Its two enums are not exported, only their values are known. */
const FOLLOWED = { type: "pop", direction: "", delta: 0 } as Parameters<Callback>[2];

/**
 * The history of our router is Dockge's router: where we go, it goes, with its guards; where it goes, we follow.
 * So there is one address, one back button, and two copies of vue-router that know nothing of each other.
 */
export function pageHistory(router: DockgeRouter): RouterHistory {
    const callbacks = new Set<Callback>();
    let location = router.currentRoute.value.fullPath;

    function follow(): void {
        const from = location;
        location = router.currentRoute.value.fullPath;
        if (location !== from) {
            callbacks.forEach((callback) => callback(location, from, FOLLOWED));
        }
    }

    function go(way: "push" | "replace", to: string): void {
        if (to === router.currentRoute.value.fullPath) {
            return;
        }
        location = to;
        // Refused, or led elsewhere: then we are not where we thought.
        void router[way](to).then(follow, follow);
    }

    const stop = router.afterEach((_to, _from, failure) => {
        if (failure === undefined) {
            follow();
        }
    });

    return {
        base: "",
        get location() {
            return location;
        },
        state: {},
        push: (to) => go("push", to),
        replace: (to) => go("replace", to),
        go: (delta) => history.go(delta),
        listen: (callback) => {
            callbacks.add(callback);
            return () => callbacks.delete(callback);
        },
        createHref: (to) => to,
        destroy: () => {
            stop();
            callbacks.clear();
        },
    };
}
