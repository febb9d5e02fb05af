import type { SettingStore } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import type { Beans } from "./beans.ts";

const JWT_SECRET = "jwtSecret";

export class SqliteSettingStore implements SettingStore {
    readonly #beans: Beans;

    constructor(beans: Beans) {
        this.#beans = beans;
    }

    async get(key: string): Promise<unknown> {
        const bean = await this.#beans.findOne("setting", "key = ?", [key]);
        return parse(bean?.value ?? null);
    }

    async set(key: string, value: unknown, type?: string | null): Promise<void> {
        await this.#put(key, JSON.stringify(value ?? null), type);
    }

    async getSettings(type: string): Promise<Record<string, unknown>> {
        const beans = await this.#beans.find("setting", "type = ?", [type]);
        return Object.fromEntries(beans.map((bean) => [bean.key, parse(bean.value)]));
    }

    async setSettings(type: string, values: Record<string, unknown>): Promise<void> {
        for (const [key, value] of Object.entries(values)) {
            const bean = await this.#beans.findOne("setting", "key = ?", [key]);
            // Otherwise a browser could overwrite jwtSecret by naming it among the general settings.
            if (bean === null || bean.type === type) {
                await this.set(key, value, type);
            }
        }
    }

    async jwtSecret(): Promise<Secret | null> {
        const value = (await this.#beans.findOne("setting", "key = ?", [JWT_SECRET]))?.value ?? null;
        return value === null || value === "" ? null : new Secret(value);
    }

    async setJwtSecret(secret: Secret): Promise<void> {
        await this.#put(JWT_SECRET, secret.reveal(), null);
    }

    async #put(key: string, value: string, type: string | null | undefined): Promise<void> {
        const bean = (await this.#beans.findOne("setting", "key = ?", [key])) ?? this.#beans.dispense("setting", { key });
        bean.value = value;
        if (type !== undefined) {
            bean.type = type;
        }
        await this.#beans.store(bean);
    }
}

/** Raw text, as in `jwtSecret`, is no JSON and comes back as it is. */
function parse(value: string | null): unknown {
    if (value === null) {
        return null;
    }
    try {
        return JSON.parse(value) as unknown;
    } catch {
        return value;
    }
}
