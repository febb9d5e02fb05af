import type { Clock } from "../domain/ports.ts";
import { DeployError } from "../domain/errors.ts";

export interface Limit {
    signal: AbortSignal;
    /** Stops the timer. */
    clear(): void;
}

/** A signal that aborts with `reason` after `ms`. */
export function abortAfter(clock: Clock, ms: number, reason: DeployError): Limit {
    const limit = new AbortController();
    const timer = new AbortController();
    clock.sleep(ms, timer.signal).then(
        () => limit.abort(reason),
        () => undefined,
    );
    return { signal: limit.signal, clear: () => timer.abort() };
}

/** A release in progress is not cancelled: of a run's signal it heeds only the deadline. */
export function deadlineOnly(signal: AbortSignal): AbortSignal {
    const deadline = new AbortController();
    const onAbort = () => {
        if (signal.reason instanceof DeployError && signal.reason.code === "DEADLINE_EXCEEDED") {
            deadline.abort(signal.reason);
        }
    };
    if (signal.aborted) {
        onAbort();
    } else {
        signal.addEventListener("abort", onAbort, { once: true });
    }
    return deadline.signal;
}
