import { DeployError } from "../domain/errors.ts";

/** SQLite's own codes for "not now" and "not on this disk", as the driver names them. */
const UNAVAILABLE = new Set(["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_MISUSE"]);

/** Turns what the database layer throws into our own errors; a programming mistake stays what it is. */
function toStoreError(thrown: unknown): unknown {
    if (thrown instanceof DeployError) {
        return thrown;
    }
    const { code, name } = (thrown ?? {}) as { code?: unknown; name?: unknown };
    if (code === "SQLITE_FULL") {
        return new DeployError("DISK_FULL", "The disk is full. Free some space and try again; nothing was changed.", { cause: thrown });
    }
    if ((typeof code === "string" && UNAVAILABLE.has(code)) || name === "KnexTimeoutError") {
        return new DeployError("STORE_UNAVAILABLE", "The database does not answer right now. Try again in a moment.", { cause: thrown });
    }
    return thrown;
}

/** The same store, whose methods throw STORE_UNAVAILABLE and DISK_FULL where the database is to blame. */
export function withStoreErrors<T extends object>(store: T): T {
    return new Proxy(store, {
        get(target, property) {
            const member: unknown = Reflect.get(target, property, target);
            if (typeof member !== "function") {
                return member;
            }
            return async (...args: unknown[]): Promise<unknown> => {
                try {
                    return await (Reflect.apply(member, target, args) as Promise<unknown>);
                } catch (error) {
                    throw toStoreError(error);
                }
            };
        },
    });
}
