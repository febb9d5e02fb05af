import { DeployError } from "../../domain/errors.ts";
import type { Clock } from "../../domain/ports.ts";
import type { ApiTokenService } from "../../services/api-token-service.ts";
import type { Caller } from "../../services/caller.ts";
import type { RawRequest } from "../host.ts";
import type { Access } from "./route.ts";

const WINDOW_MS = 60_000;
const MAX_FAILURES = 20;
/** Addresses remembered at most; when more fail at once the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

/** Lets in who may come in. */
export class Gate {
    readonly #tokens: Pick<ApiTokenService, "authenticate">;
    readonly #failures: FailureCount;

    constructor(parts: { tokens: Pick<ApiTokenService, "authenticate">; clock: Pick<Clock, "now"> }) {
        this.#tokens = parts.tokens;
        this.#failures = new FailureCount(parts.clock);
    }

    /** @throws TOKEN_INVALID; TOO_MANY_REQUESTS when too many wrong tokens came from the address (a right one is still let in) */
    async admit(request: RawRequest, access: Access): Promise<Caller> {
        const anonymous: Caller = { actor: { kind: "system", name: "anonymous", address: request.address }, origin: request.origin };
        if (access === "public" || (access === "token-or-loopback" && isDirectLoopback(request))) {
            return anonymous;
        }
        const token = bearerOf(request);
        const row = token === null ? null : await this.#tokens.authenticate(token);
        if (row !== null) {
            return { actor: { kind: "token", name: row.name, address: request.address }, origin: request.origin };
        }
        if (token !== null && this.#failures.add(request.address) > MAX_FAILURES) {
            throw new DeployError("TOO_MANY_REQUESTS", "Too many wrong API tokens came from this address. Try again in a minute.");
        }
        throw new DeployError("TOKEN_INVALID", "Send a valid API token in the header: Authorization: Bearer <token>.");
    }
}

/** True for a program on this machine; a reverse proxy on this machine says that it speaks for somebody else. */
export function isDirectLoopback(request: Pick<RawRequest, "address" | "headers">): boolean {
    const isProxied = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"].some((name) => request.headers[name] !== undefined);
    return !isProxied && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(request.address);
}

function bearerOf(request: RawRequest): string | null {
    return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers["authorization"] ?? "")?.[1] ?? null;
}

/** Failures by address within a fixed window. */
class FailureCount {
    readonly #clock: Pick<Clock, "now">;
    readonly #byAddress = new Map<string, { count: number; until: number }>();

    constructor(clock: Pick<Clock, "now">) {
        this.#clock = clock;
    }

    add(address: string): number {
        const now = this.#clock.now();
        const known = this.#byAddress.get(address);
        const entry = known === undefined || known.until <= now ? { count: 0, until: now + WINDOW_MS } : known;
        entry.count += 1;
        this.#byAddress.delete(address);
        this.#byAddress.set(address, entry);
        const [oldest] = this.#byAddress.keys();
        if (this.#byAddress.size > MAX_ADDRESSES && oldest !== undefined) {
            this.#byAddress.delete(oldest);
        }
        return entry.count;
    }
}
