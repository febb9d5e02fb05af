import type { Knex } from "knex";
import type { User } from "../domain/entities.ts";
import type { UserStore } from "../domain/ports.ts";
import type { Beans } from "./beans.ts";

export class SqliteUserStore implements UserStore {
    readonly #knex: Knex;
    readonly #beans: Beans;

    constructor(knex: Knex, beans: Beans) {
        this.#knex = knex;
        this.#beans = beans;
    }

    async byId(id: number): Promise<User | null> {
        return (await this.#beans.findOne("user", "id = ?", [id]))?.toEntity() ?? null;
    }

    async findByName(username: string): Promise<User | null> {
        return (await this.#beans.findOne("user", "username = ?", [username]))?.toEntity() ?? null;
    }

    async first(): Promise<User | null> {
        return (await this.#beans.findOne("user", "1 = 1 ORDER BY id"))?.toEntity() ?? null;
    }

    async count(): Promise<number> {
        const [row] = await this.#knex("user").count<{ count: number }[]>({ count: "*" });
        return row?.count ?? 0;
    }

    async create(user: { username: string; passwordHash: string }): Promise<User> {
        const bean = this.#beans.dispense("user", { username: user.username, password: user.passwordHash });
        await this.#beans.store(bean);
        // The defaults that the database filled in are not on the bean.
        return { id: bean.id, username: user.username, passwordHash: user.passwordHash, isActive: true, timezone: null };
    }

    async createFirst(user: { username: string; passwordHash: string }): Promise<User | null> {
        const rows = await this.#knex.raw<{ id: number }[]>("INSERT INTO user (username, password) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM user) RETURNING id", [
            user.username,
            user.passwordHash,
        ]);
        const id = rows[0]?.id;
        return id === undefined ? null : { id, username: user.username, passwordHash: user.passwordHash, isActive: true, timezone: null };
    }

    async updatePassword(id: number, passwordHash: string): Promise<boolean> {
        const bean = await this.#beans.findOne("user", "id = ?", [id]);
        if (bean === null) {
            return false;
        }
        bean.password = passwordHash;
        await this.#beans.store(bean);
        return true;
    }
}
