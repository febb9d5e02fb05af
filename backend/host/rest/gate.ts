import { DeployError } from "../../domain/errors.ts";
import type { Clock } from "../../domain/ports.ts";
import { RecentCounts } from "../../domain/recent-counts.ts";
import type { ApiTokenService } from "../../services/api-token-service.ts";
import type { Caller } from "../../services/caller.ts";
import type { RawRequest } from "../host.ts";
import type { Access } from "./route.ts";

/** Of one address in a minute. */
const MAX_FAILURES = 20;

/** Lets in who may come in. */
export class Gate {
    readonly #tokens: Pick<ApiTokenService, "authenticate">;
    readonly #clock: Pick<Clock, "now">;
    readonly #failures = new RecentCounts();

    constructor(parts: { tokens: Pick<ApiTokenService, "authenticate">; clock: Pick<Clock, "now"> }) {
        this.#tokens = parts.tokens;
        this.#clock = parts.clock;
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
        if (token !== null && this.#failures.add(request.address, this.#clock.now()).count > MAX_FAILURES) {
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
