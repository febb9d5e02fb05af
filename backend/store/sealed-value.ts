import { DeployError } from "../domain/errors.ts";
import type { Vault } from "../domain/ports.ts";
import { UnreadableSecret, type Secret } from "../domain/secret.ts";

/** Where a sealed value lies. In another row or column it does not open. */
export interface SealedPlace {
    table: string;
    id: string;
    column: string;
}

/** What a sealed value is bound to. */
export function sealContext({ table, id, column }: SealedPlace): string {
    return `${table}:${id}:${column}`;
}

/** A value that does not open is no reason not to read the rest of its row: whoever uses it is told. */
export function openValue(vault: Pick<Vault, "open">, sealed: string, place: SealedPlace): Secret {
    try {
        return vault.open(sealed, sealContext(place));
    } catch (error) {
        if (error instanceof DeployError && error.code === "SECRET_UNREADABLE") {
            return new UnreadableSecret({ sealed, rowId: place.id }, error);
        }
        throw error;
    }
}

/** What could not be opened is put back as it was, and opens again when its key is back. */
export function sealValue(vault: Pick<Vault, "seal">, secret: Secret, place: SealedPlace): string {
    return secret instanceof UnreadableSecret && secret.rowId === place.id ? secret.sealed : vault.seal(secret, sealContext(place));
}
