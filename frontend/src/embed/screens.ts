import "bootstrap/dist/css/bootstrap.min.css";
import "../styles/theme.css";
import "../styles/guest.css";
import "../styles/layout.css";
import "../styles/components.css";
import "../styles/log.css";
import { createApp, ref } from "vue";
import { createRouter, type RouteRecordRaw } from "vue-router";
import { OVERLAY } from "../components/overlay.ts";
import { followPageTheme } from "../composables/use-theme.ts";
import { createTranslations, type Translations } from "../i18n.ts";
import { lazyPage } from "../lazy-page.ts";
import { openLink } from "./agent-server.ts";
import type { DockgePage } from "./dockge-page.ts";
import { DOCKGE, IS_SHOWN } from "./keys.ts";
import { pageHistory } from "./page-history.ts";
import { markLanguage, type PageLanguage } from "./page-language.ts";
import { NEW_PATH, STACK_PATH, TAB_PATHS } from "./places.ts";
import EmbedApp from "./EmbedApp.vue";

export interface Screens {
    /** To be put into the page by whoever shows it. */
    readonly element: HTMLElement;
    /** While it is not shown it holds nothing and asks for nothing. */
    setShown(isShown: boolean): void;
}

const nothing = { render: () => null };

/** The names are those of the standalone app, so that its screens find their way here, too. The endpoint is handed on by its parents. */
export const routes: RouteRecordRaw[] = [
    { path: "/", name: "home", component: nothing },
    { path: "/compose/:stackName/:endpoint?", component: nothing, children: [{ path: "", name: "stack", component: nothing }] },
    {
        path: STACK_PATH,
        component: lazyPage(() => import("./StackScope.vue")),
        props: true,
        children: [
            { path: TAB_PATHS.git, name: "stack-git", component: lazyPage(() => import("../pages/GitTab.vue")), props: true },
            { path: TAB_PATHS.deliveries, name: "stack-deliveries", component: lazyPage(() => import("../pages/DeliveriesPage.vue")), props: true },
            { path: TAB_PATHS.deployments, name: "stack-deployments", component: lazyPage(() => import("../pages/DeploymentsTab.vue")), props: true },
            { path: TAB_PATHS.deployment, name: "deployment", component: lazyPage(() => import("../pages/DeploymentPage.vue")), props: true },
        ],
    },
    { path: NEW_PATH, name: "new-from-git", component: lazyPage(() => import("./NewStackScope.vue")), props: true },
    { path: "/:rest(.*)*", name: "elsewhere", component: nothing },
];

/** Our screens as an app of its own, ready to be put into Dockge's page. `onLost`: a screen's files are not there any more, or the network is away. */
export function openScreens(page: DockgePage, language: PageLanguage, onLost: () => void): Screens {
    const element = scope();
    const overlay = scope();
    document.body.append(overlay);
    followPageTheme();
    const translations = createTranslations();
    const shown: Translations = translations.global;
    const speak = (): void => {
        shown.setLocaleMessage(language.locale, language.texts);
        shown.locale.value = language.locale;
        markLanguage(element, language);
        markLanguage(overlay, language);
    };
    language.onChange(speak);
    speak();
    const isShown = ref(true);
    const router = createRouter({ history: pageHistory(page.router), routes });
    router.onError(onLost);
    createApp(EmbedApp)
        .use(translations)
        .use(router)
        .provide(DOCKGE, { page, link: openLink(page) })
        .provide(IS_SHOWN, isShown)
        .provide(OVERLAY, overlay)
        .mount(element);
    return { element, setShown: (next) => (isShown.value = next) };
}

/** Our styles reach what is in it. */
function scope(): HTMLElement {
    const element = document.createElement("div");
    element.className = "git-deploy";
    return element;
}
