import type { Knex } from "knex";
import type { LoginSession } from "../domain/entities.ts";
import type { LoginSessionStore } from "../domain/ports.ts";

interface SessionRow {
    id: string;
    user_id: number;
    kind: LoginSession["kind"];
    password_mark: string;
    address: string;
    user_agent: string | null;
    created_at: number;
    last_seen_at: number;
    ended_at: number | null;
}

export class SqliteLoginSessionStore implements LoginSessionStore {
    readonly #knex: Knex;

    constructor(knex: Knex) {
        this.#knex = knex;
    }

    async insert(session: LoginSession): Promise<void> {
        await this.#rows().insert({
            id: session.id,
            user_id: session.userId,
            kind: session.kind,
            password_mark: session.passwordMark,
            address: session.address,
            user_agent: session.userAgent,
            created_at: session.createdAt,
            last_seen_at: session.lastSeenAt,
            ended_at: session.endedAt,
        });
    }

    async byId(id: string): Promise<LoginSession | null> {
        const row = await this.#rows().where({ id }).first();
        return row === undefined ? null : toSession(row);
    }

    async openOf(userId: number): Promise<LoginSession[]> {
        const rows = await this.#rows().where({ user_id: userId, ended_at: null }).orderByRaw("last_seen_at DESC, rowid DESC");
        return rows.map(toSession);
    }

    async touch(id: string, seen: { at: number; address: string }): Promise<void> {
        await this.#rows().where({ id, ended_at: null }).update({ last_seen_at: seen.at, address: seen.address });
    }

    async end(id: string, at: number): Promise<boolean> {
        return (await this.#rows().where({ id, ended_at: null }).update({ ended_at: at })) > 0;
    }

    async endOthers(userId: number, exceptId: string | null, at: number): Promise<string[]> {
        const ended = await this.#rows()
            .where({ user_id: userId, ended_at: null })
            .whereNot("id", exceptId ?? "")
            .update({ ended_at: at })
            .returning("id");
        return ended.map(({ id }) => id);
    }

    async prune({ createdBefore, seenBefore, at }: { createdBefore: number; seenBefore: number; at: number }): Promise<void> {
        const isExpired = (scope: Knex.QueryBuilder<SessionRow>): unknown => scope.where("created_at", "<=", createdBefore).orWhere("last_seen_at", "<=", seenBefore);
        await this.#rows()
            .whereNot("kind", "adopted")
            .where((any) => void any.whereNotNull("ended_at").orWhere((expired) => void isExpired(expired)))
            .delete();
        await this.#rows().where({ kind: "adopted", ended_at: null }).where((expired) => void isExpired(expired)).update({ ended_at: at });
    }

    async removeHubs(): Promise<void> {
        await this.#rows().where({ kind: "hub" }).delete();
    }

    #rows(): Knex.QueryBuilder<SessionRow, SessionRow[]> {
        return this.#knex<SessionRow, SessionRow[]>("login_sessions");
    }
}

function toSession(row: SessionRow): LoginSession {
    return {
        id: row.id,
        userId: row.user_id,
        kind: row.kind,
        passwordMark: row.password_mark,
        address: row.address,
        userAgent: row.user_agent,
        createdAt: row.created_at,
        lastSeenAt: row.last_seen_at,
        endedAt: row.ended_at,
    };
}
