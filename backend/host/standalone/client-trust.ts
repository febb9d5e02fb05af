import type { Config } from "../../config.ts";
import type { SettingStore } from "../../domain/ports.ts";

/** Dockge's setting for a reverse proxy in front that says who the client is. */
const TRUST_PROXY = "trustProxy";

/** Which of a client's headers are believed: by the environment, or by Dockge's setting, which a person switches while the server runs. */
export class ClientTrust {
    readonly #config: Pick<Config, "isProxyTrusted" | "isAnyOriginAllowed">;
    readonly #settings: Pick<SettingStore, "get">;
    #isSetInDockge = false;

    constructor(config: Pick<Config, "isProxyTrusted" | "isAnyOriginAllowed">, settings: Pick<SettingStore, "get">) {
        this.#config = config;
        this.#settings = settings;
    }

    get isProxyTrusted(): boolean {
        return this.#config.isProxyTrusted || this.#isSetInDockge;
    }

    get isAnyOriginAllowed(): boolean {
        return this.#config.isAnyOriginAllowed;
    }

    /** Reads the setting; to be called at the start and when settings were saved. */
    async load(): Promise<void> {
        this.#isSetInDockge = Boolean(await this.#settings.get(TRUST_PROXY));
    }
}
