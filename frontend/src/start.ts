import "bootstrap/dist/css/bootstrap.min.css";
import "./styles/theme.css";
import "./styles/layout.css";
import "./styles/components.css";
import "./styles/log.css";
import { createApp } from "vue";
import App from "./App.vue";
import { AGENTS, createAgents } from "./composables/use-agents.ts";
import { createSession, SESSION } from "./composables/use-session.ts";
import { createStacks, STACKS } from "./composables/use-stacks.ts";
import { applyLanguage } from "./composables/use-language.ts";
import { applyTheme } from "./composables/use-theme.ts";
import { createTranslations } from "./i18n.ts";
import { createAppRouter } from "./router.ts";
import { connect } from "./server/connection.ts";
import { CONNECTION } from "./server/connection-key.ts";
import { SERVER } from "./server/server.ts";

/** The standalone app. `base` is the part of the address that is in front of its own. */
export async function start(target: Element, base: string): Promise<void> {
    applyTheme();
    const translations = createTranslations();
    await applyLanguage(translations.global);
    const connection = connect();
    createApp(App)
        .use(translations)
        .use(createAppRouter(base))
        .provide(CONNECTION, connection)
        .provide(SERVER, connection)
        .provide(AGENTS, createAgents(connection))
        .provide(STACKS, createStacks(connection))
        .provide(SESSION, createSession(connection))
        .mount(target);
}
