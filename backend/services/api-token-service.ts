import type { ApiTokenInput } from "../../common/schemas.ts";
import type { ApiTokenView } from "../../common/views.ts";
import { hashApiToken, newApiToken } from "../domain/api-token.ts";
import type { ApiToken } from "../domain/entities.ts";
import { DeployError } from "../domain/errors.ts";
import type { ApiTokenStore, AuditLog, Clock, Random } from "../domain/ports.ts";
import type { Caller } from "./caller.ts";
import type { Views } from "./views.ts";

/** "Last used" is written at most this often, so that a polling program does not write on every request. */
const TOUCH_EVERY_MS = 60_000;

interface Parts {
    tokens: ApiTokenStore;
    audit: Pick<AuditLog, "append">;
    views: Pick<Views, "apiToken">;
    clock: Pick<Clock, "now">;
    random: Random;
}

/** Tokens with which programs call the REST API. */
export class ApiTokenService {
    readonly #parts: Parts;

    constructor(parts: Parts) {
        this.#parts = parts;
    }

    /** The token itself is in this answer and nowhere else. @throws INPUT_INVALID when it would have expired already */
    async create(input: ApiTokenInput, caller: Caller): Promise<{ token: string; apiToken: ApiTokenView }> {
        const now = this.#parts.clock.now();
        const expiresAt = input.expiresAt === undefined || input.expiresAt === null ? null : Date.parse(input.expiresAt);
        if (expiresAt !== null && expiresAt <= now) {
            throw new DeployError("INPUT_INVALID", "expiresAt: give a time in the future.");
        }
        const token = newApiToken(this.#parts.random).reveal();
        const row: ApiToken = { id: this.#parts.random.uuid(), name: input.name, hash: hashApiToken(token), createdAt: now, lastUsedAt: null, expiresAt };
        await this.#parts.tokens.insert(row);
        await this.#parts.audit.append({ actor: caller.actor, action: "api-token.create", stackId: null, subject: row.id, details: { name: row.name } });
        return { token, apiToken: this.#parts.views.apiToken(row) };
    }

    async list(): Promise<ApiTokenView[]> {
        return (await this.#parts.tokens.all()).map((token) => this.#parts.views.apiToken(token));
    }

    /** @throws NOT_FOUND */
    async revoke(id: string, caller: Caller): Promise<void> {
        if (!(await this.#parts.tokens.remove(id))) {
            throw new DeployError("NOT_FOUND", "There is no such API token.");
        }
        await this.#parts.audit.append({ actor: caller.actor, action: "api-token.revoke", stackId: null, subject: id, details: {} });
    }

    /** The token's row, or null when it is unknown, revoked or expired. */
    async authenticate(token: string): Promise<ApiToken | null> {
        const row = await this.#parts.tokens.byHash(hashApiToken(token));
        const now = this.#parts.clock.now();
        if (row === null || (row.expiresAt !== null && row.expiresAt <= now)) {
            return null;
        }
        if (row.lastUsedAt === null || now - row.lastUsedAt >= TOUCH_EVERY_MS) {
            // Only shown to people: a full disk must not keep programs from reading.
            await this.#parts.tokens.touch(row.id, now).catch(() => undefined);
        }
        return row;
    }
}
