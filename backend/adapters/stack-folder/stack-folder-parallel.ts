/**
 * Runs the task for every item, at most `limit` at a time. After a failure nothing new is started,
 * and what runs is awaited before the failure is thrown.
 */
export async function forEachParallel<T>(items: Iterable<T>, limit: number, task: (item: T) => Promise<void>): Promise<void> {
    const iterator = items[Symbol.iterator]();
    const failures: unknown[] = [];
    const work = async () => {
        for (let next = iterator.next(); next.done !== true && failures.length === 0; next = iterator.next()) {
            try {
                await task(next.value);
            } catch (error) {
                failures.push(error);
            }
        }
    };
    await Promise.all(Array.from({ length: limit }, work));
    if (failures.length > 0) {
        throw failures[0];
    }
}
