import type { PushName, Pushes } from "../../../common/wire.ts";

export interface Clock {
    /** Epoch milliseconds, as people read them. Somebody or NTP may set this clock, so how long something took is never told from it. */
    now(): number;
    /** Milliseconds since some moment of this process: never goes back, whatever is done to the clock. */
    monotonic(): number;
    /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
    uuid(): string;
    /** `bytes` random bytes as URL-safe Base64. */
    token(bytes: number): string;
}

/** Diagnostics of the server itself, not of a deployment. Never given a secret. */
export interface Logger {
    debug(fields: object, message: string): void;
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
}

/** Told to logged-in clients, or only to those that joined a deployment's log. */
export interface Publisher {
    publish<P extends PushName>(event: P, payload: Pushes[P], audience?: { joinedLog: string }): void;
}
