import { createRouter, createWebHistory, type RouteRecordRaw, type Router } from "vue-router";

/** Dockge's addresses where Dockge has the page; each tab has its own. */
export const routes: RouteRecordRaw[] = [
    {
        path: "/",
        component: () => import("./pages/DashboardPage.vue"),
        children: [
            { path: "", name: "home", component: () => import("./pages/HomePage.vue") },
            { path: "compose", name: "new-stack", component: () => import("./pages/NewStackPage.vue") },
            { path: "new-from-git", name: "new-from-git", component: () => import("./pages/NewFromGitPage.vue") },
            {
                path: "compose/:stackName",
                component: () => import("./pages/StackPage.vue"),
                props: true,
                children: [
                    { path: "", name: "stack", component: () => import("./pages/ComposeTab.vue"), props: true },
                    { path: "git", name: "stack-git", component: () => import("./pages/GitTab.vue"), props: true },
                    { path: "deployments", name: "stack-deployments", component: () => import("./pages/DeploymentsTab.vue"), props: true },
                    { path: "deployments/:deploymentId", name: "deployment", component: () => import("./pages/DeploymentPage.vue"), props: true },
                ],
            },
        ],
    },
    {
        path: "/settings",
        component: () => import("./pages/SettingsPage.vue"),
        redirect: { name: "settings-appearance" },
        children: [
            { path: "appearance", name: "settings-appearance", component: () => import("./components/settings/AppearanceSettings.vue") },
            { path: "security", name: "settings-security", component: () => import("./components/settings/SecuritySettings.vue") },
            { path: "tokens", name: "settings-tokens", component: () => import("./components/settings/TokenSettings.vue") },
            { path: "about", name: "settings-about", component: () => import("./components/settings/AboutSettings.vue") },
        ],
    },
    { path: "/setup", redirect: "/" },
    { path: "/login", redirect: "/" },
    { path: "/:rest(.*)*", name: "not-found", component: () => import("./pages/NotFoundPage.vue") },
];

export function createAppRouter(): Router {
    return createRouter({ history: createWebHistory(), routes });
}
