import { existsSync } from "node:fs";
import { DOCKGE_PROTOCOL_VERSION, type DockgePushes } from "../../../common/dockge-wire.ts";
import type { SettingStore } from "../../domain/ports.ts";
import type { Hub } from "./agents/hub.ts";
import type { Auth } from "./accounts/auth.ts";
import type { Session } from "./session.ts";
import type { Stacks } from "./stacks/stacks.ts";

export interface GreetingParts {
    auth: Auth;
    settings: SettingStore;
    stacks: Pick<Stacks, "sendList">;
    version: string;
    hub: Pick<Hub, "connected" | "greet">;
}

/** What a connection is told without asking: on connecting, and once somebody is logged in. */
export class Greeting {
    readonly #parts: GreetingParts;
    readonly #isContainer = existsSync("/.dockerenv");

    constructor(parts: GreetingParts) {
        this.#parts = parts;
    }

    async connected(session: Session): Promise<void> {
        this.#parts.hub.connected(session);
        session.push("info", await this.#info(false));
        if (await this.#parts.auth.needsSetup()) {
            session.push("setup");
            return;
        }
        const user = await this.#parts.auth.userWithoutLogin();
        if (user !== null) {
            session.logIn(user);
            await this.loggedIn(session);
            session.push("autoLogin");
        }
    }

    async loggedIn(session: Session): Promise<void> {
        await this.info(session);
        if (session.user !== null) {
            this.#parts.hub.greet(session);
        }
        await this.#parts.stacks.sendList(session);
    }

    async info(session: Session): Promise<void> {
        session.push("info", await this.#info(true));
    }

    /** As Dockge: the setting, else what the hub calls this server, else localhost. */
    async primaryHostname(endpoint: string): Promise<string> {
        const setting = await this.#parts.settings.get("primaryHostname");
        if (typeof setting === "string" && setting !== "") {
            return setting;
        }
        return URL.canParse(`https://${endpoint}`) ? new URL(`https://${endpoint}`).hostname : "localhost";
    }

    /** Nobody who is not logged in is told the version. */
    async #info(isLoggedIn: boolean): Promise<DockgePushes["info"]> {
        const setting = await this.#parts.settings.get("primaryHostname");
        const primaryHostname = typeof setting === "string" && setting !== "" ? setting : null;
        const { version } = this.#parts;
        return isLoggedIn
            ? { version: DOCKGE_PROTOCOL_VERSION, latestVersion: DOCKGE_PROTOCOL_VERSION, gitDeployVersion: version, isContainer: this.#isContainer, primaryHostname }
            : { primaryHostname };
    }
}
