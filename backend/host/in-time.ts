import type { Clock } from "../domain/ports.ts";

/** True when the work was done within so many milliseconds; it goes on in any case. @throws what the work throws within them */
export async function isDoneWithin(limitMs: number, work: Promise<unknown>, clock: Pick<Clock, "sleep">): Promise<boolean> {
    const isOver = new AbortController();
    const tooLate = clock.sleep(limitMs, isOver.signal).then(
        () => false,
        () => false,
    );
    try {
        return await Promise.race([work.then(() => true), tooLate]);
    } finally {
        isOver.abort();
    }
}
