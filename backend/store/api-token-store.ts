import type { Knex } from "knex";
import type { ApiToken } from "../domain/entities.ts";
import type { ApiTokenStore } from "../domain/ports.ts";
import type { Beans } from "./beans.ts";

export class SqliteApiTokenStore implements ApiTokenStore {
    readonly #knex: Knex;
    readonly #beans: Beans;

    constructor(knex: Knex, beans: Beans) {
        this.#knex = knex;
        this.#beans = beans;
    }

    async insert(token: ApiToken): Promise<void> {
        // redbean takes a row that has an id for one that exists, so rows with UUIDs are inserted by knex.
        await this.#knex("api_tokens").insert({
            id: token.id,
            name: token.name,
            hash: token.hash,
            created_at: token.createdAt,
            last_used_at: token.lastUsedAt,
            expires_at: token.expiresAt,
        });
    }

    async byHash(hash: string): Promise<ApiToken | null> {
        return (await this.#beans.findOne("api_tokens", "hash = ?", [hash]))?.toEntity() ?? null;
    }

    async all(): Promise<ApiToken[]> {
        const beans = await this.#beans.find("api_tokens", "1 = 1 ORDER BY created_at DESC, rowid DESC");
        return beans.map((bean) => bean.toEntity());
    }

    async touch(id: string, at: number): Promise<void> {
        const bean = await this.#beans.findOne("api_tokens", "id = ?", [id]);
        if (bean !== null) {
            bean.lastUsedAt = at;
            await this.#beans.store(bean);
        }
    }

    async remove(id: string): Promise<boolean> {
        const bean = await this.#beans.findOne("api_tokens", "id = ?", [id]);
        if (bean === null) {
            return false;
        }
        await this.#beans.remove(bean);
        return true;
    }
}
