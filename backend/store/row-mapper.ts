import type { Vault } from "../domain/ports.ts";
import { Secret } from "../domain/secret.ts";
import { openValue, sealValue } from "./sealed-value.ts";

export type RowValue = string | number | null;
export type Row = Record<string, RowValue>;

/** How a field lies in its column. `sealed` fields are `Secret | null`. */
export type ColumnKind = "plain" | "boolean" | "json" | "sealed";

/** Names a kind for every field, so that a new field of an entity does not compile until it is stored. */
export type Columns<T> = { [K in keyof T]-?: ColumnKind };

export function columnName(field: string): string {
    return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Between an entity (camelCase, secrets wrapped) and its row (snake_case, secrets sealed). */
export class RowMapper<T extends { id: string }> {
    readonly table: string;
    readonly #vault: Vault;
    readonly #columns: [field: keyof T & string, column: string, kind: ColumnKind][];

    constructor(table: string, columns: Columns<T>, vault: Vault) {
        this.table = table;
        this.#vault = vault;
        this.#columns = Object.entries<ColumnKind>(columns).map(([field, kind]) => [field as keyof T & string, columnName(field), kind]);
    }

    /** The columns of the fields that are there; `id` is the row's even where `entity` does not hold it. */
    toRow(entity: Partial<T>, id: string): Row {
        const row: Row = {};
        for (const [field, column, kind] of this.#columns) {
            const value = entity[field];
            if (value !== undefined) {
                row[column] = this.#toColumn(value, column, kind, id);
            }
        }
        return row;
    }

    fromRow(row: Row): T {
        const id = String(row["id"]);
        return Object.fromEntries(this.#columns.map(([field, column, kind]) => [field, this.#fromColumn(row[column] ?? null, column, kind, id)])) as T;
    }

    #toColumn(value: unknown, column: string, kind: ColumnKind, id: string): RowValue {
        if (kind === "json") {
            return JSON.stringify(value);
        }
        if (value === null) {
            return null;
        }
        if (kind === "boolean") {
            return value === true ? 1 : 0;
        }
        if (kind === "sealed") {
            return sealValue(this.#vault, value as Secret, { table: this.table, id, column });
        }
        return value as RowValue;
    }

    #fromColumn(value: RowValue, column: string, kind: ColumnKind, id: string): unknown {
        if (value === null) {
            return null;
        }
        if (kind === "json") {
            return JSON.parse(String(value)) as unknown;
        }
        if (kind === "boolean") {
            return value === 1;
        }
        if (kind === "sealed") {
            return openValue(this.#vault, String(value), { table: this.table, id, column });
        }
        return value;
    }
}

/** Seals a small object of secrets and texts as one value. */
export function packSecrets(values: Record<string, string | Secret | null>): Secret {
    return new Secret(JSON.stringify(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]))));
}

export function unpackSecrets<K extends string>(packed: Secret): Partial<Record<K, string | null>> {
    return JSON.parse(packed.reveal()) as Partial<Record<K, string | null>>;
}
