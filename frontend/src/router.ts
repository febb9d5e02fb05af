import { createRouter, createWebHistory, type RouteRecordRaw, type Router } from "vue-router";
import { lazyPage } from "./lazy-page.ts";

/** Dockge's addresses where Dockge has the page; each tab has its own. */
export const routes: RouteRecordRaw[] = [
    {
        path: "/",
        component: lazyPage(() => import("./pages/DashboardPage.vue")),
        children: [
            { path: "", name: "home", component: lazyPage(() => import("./pages/HomePage.vue")) },
            { path: "compose", name: "new-stack", component: lazyPage(() => import("./pages/NewStackPage.vue")) },
            { path: "new-from-git", name: "new-from-git", component: lazyPage(() => import("./pages/NewFromGitPage.vue")) },
            { path: "terminal/:stackName/:serviceName/:type/:endpoint?", name: "container-terminal", component: lazyPage(() => import("./pages/ShellPage.vue")), props: true },
            { path: "console/:endpoint?", name: "console", component: lazyPage(() => import("./pages/ConsolePage.vue")), props: true },
            {
                // A stack of an agent has the agent's endpoint behind its name, as in Dockge; see server/endpoint-param.ts.
                path: "compose/:stackName/:endpoint([^/]*[.:][^/]*)?",
                component: lazyPage(() => import("./pages/StackPage.vue")),
                props: true,
                children: [
                    { path: "", name: "stack", component: lazyPage(() => import("./pages/ComposeTab.vue")), props: true },
                    { path: "git", name: "stack-git", component: lazyPage(() => import("./pages/GitTab.vue")), props: true },
                    { path: "git/deliveries", name: "stack-deliveries", component: lazyPage(() => import("./pages/DeliveriesPage.vue")), props: true },
                    { path: "deployments", name: "stack-deployments", component: lazyPage(() => import("./pages/DeploymentsTab.vue")), props: true },
                    { path: "deployments/:deploymentId", name: "deployment", component: lazyPage(() => import("./pages/DeploymentPage.vue")), props: true },
                ],
            },
        ],
    },
    {
        path: "/settings",
        component: lazyPage(() => import("./pages/SettingsPage.vue")),
        redirect: { name: "settings-general" },
        children: [
            { path: "general", name: "settings-general", component: lazyPage(() => import("./components/settings/GeneralSettings.vue")) },
            { path: "appearance", name: "settings-appearance", component: lazyPage(() => import("./components/settings/AppearanceSettings.vue")) },
            { path: "security", name: "settings-security", component: lazyPage(() => import("./components/settings/SecuritySettings.vue")) },
            { path: "tokens", name: "settings-tokens", component: lazyPage(() => import("./components/settings/TokenSettings.vue")) },
            { path: "audit", name: "settings-audit", component: lazyPage(() => import("./components/settings/AuditSettings.vue")) },
            { path: "about", name: "settings-about", component: lazyPage(() => import("./components/settings/AboutSettings.vue")) },
        ],
    },
    { path: "/setup", redirect: "/" },
    { path: "/login", redirect: "/" },
    { path: "/:rest(.*)*", name: "not-found", component: lazyPage(() => import("./pages/NotFoundPage.vue")) },
];

/** A name, the same in every language. */
const TITLE = "Dockge Git Deploy";
/** Milliseconds within which a second failure is not answered by loading the page once more. */
const RELOAD_PAUSE_MS = 10_000;
const RELOADED_KEY = "reloadedAt";

export function createAppRouter(base: string): Router {
    const router = createRouter({
        history: createWebHistory(base),
        routes,
        // Another page begins at its top, unless one goes back to it; a filter or a chosen line changes only the address. What a hash names scrolls itself into sight.
        scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path || to.hash !== "" ? false : { top: 0 }),
    });
    // Part of the page could not be fetched: the network changed, or an upgrade has replaced the files. Loading anew mends both.
    router.onError((_error, to) => {
        const reloadedAt = Number(sessionStorage.getItem(RELOADED_KEY) ?? 0);
        if (Date.now() - reloadedAt > RELOAD_PAUSE_MS) {
            sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
            location.assign(router.resolve(to.fullPath).href);
        }
    });
    router.afterEach((to) => {
        const stack = to.params["stackName"];
        document.title = typeof stack === "string" ? `${stack} · ${TITLE}` : TITLE;
    });
    return router;
}
