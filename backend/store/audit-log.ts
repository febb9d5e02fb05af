import type { Knex } from "knex";
import type { AuditFilter } from "../../common/audit.ts";
import type { Page } from "../../common/views.ts";
import type { Actor, AuditEntry } from "../domain/entities.ts";
import type { AuditLog, Clock, Random } from "../domain/ports.ts";
import { containsPattern, narrowToPeriod, narrowToWords, offsetOf } from "./filters.ts";
import { GroupCommit } from "./group-commit.ts";

export type AuditRow = {
    id: string;
    at: number;
    actor_kind: Actor["kind"];
    actor_name: string;
    actor_address: string | null;
    action: string;
    stack_id: string | null;
    subject: string | null;
    details: string;
};

const SEARCHED = ["action", "actor_name", "actor_address", "stack_id", "subject", "details"];

/** Append-only: nothing here changes or removes an entry. */
export class SqliteAuditLog implements AuditLog {
    readonly #knex: Knex;
    readonly #writes: GroupCommit;
    readonly #clock: Clock;
    readonly #random: Random;

    constructor(knex: Knex, clock: Clock, random: Random, writes: GroupCommit = new GroupCommit(knex)) {
        this.#knex = knex;
        this.#writes = writes;
        this.#clock = clock;
        this.#random = random;
    }

    async append(entry: Omit<AuditEntry, "id" | "at">): Promise<void> {
        const row = auditRow(entry, this.#random.uuid(), this.#clock.now());
        await this.#writes.run(async (transaction) => await transaction<AuditRow>("audit_log").insert(row));
    }

    async page(input: AuditFilter & { page: number; perPage: number }): Promise<Page<AuditEntry>> {
        const scope = this.#knex<AuditRow>("audit_log");
        if (input.stack !== undefined) {
            void scope.where("stack_id", input.stack);
        }
        if (input.action !== undefined && input.action.length > 0) {
            void scope.whereIn("action", input.action);
        }
        if (input.actor !== undefined) {
            void scope.whereRaw("actor_name LIKE ? ESCAPE '\\'", [containsPattern(input.actor)]);
        }
        narrowToPeriod(scope, "at", input);
        narrowToWords(scope, SEARCHED, input.q);
        const [count] = await scope.clone().count<{ count: number }[]>({ count: "*" });
        const rows = await scope.clone().select("*").orderByRaw("at DESC, rowid DESC").limit(input.perPage).offset(offsetOf(input));
        return { items: rows.map(toEntry), total: count?.count ?? 0, page: input.page, perPage: input.perPage };
    }

    async actions(): Promise<string[]> {
        const rows = await this.#knex<AuditRow>("audit_log").distinct("action").orderBy("action");
        return rows.map(({ action }) => action);
    }
}

export function auditRow(entry: Omit<AuditEntry, "id" | "at">, id: string, at: number): AuditRow {
    return {
        id,
        at,
        actor_kind: entry.actor.kind,
        actor_name: entry.actor.name,
        actor_address: entry.actor.address,
        action: entry.action,
        stack_id: entry.stackId,
        subject: entry.subject,
        details: JSON.stringify(entry.details),
    };
}

function toEntry(row: AuditRow): AuditEntry {
    return {
        id: row.id,
        at: row.at,
        actor: { kind: row.actor_kind, name: row.actor_name, address: row.actor_address },
        action: row.action,
        stackId: row.stack_id,
        subject: row.subject,
        details: JSON.parse(row.details) as Record<string, unknown>,
    };
}
