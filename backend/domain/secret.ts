import { inspect } from "node:util";

/** A value that refuses to print: in logs, JSON, templates and the inspector it reads `[secret]`. */
export class Secret {
    readonly #value: string;

    constructor(value: string) {
        this.#value = value;
    }

    /** The only way to the value. Call it where the value is used, never earlier. */
    reveal(): string {
        return this.#value;
    }

    get isEmpty(): boolean {
        return this.#value === "";
    }

    toString(): string {
        return "[secret]";
    }

    toJSON(): string {
        return "[secret]";
    }

    [inspect.custom](): string {
        return "[secret]";
    }
}

/**
 * A stored value that none of the keys there are opens. It stays as it lies there until somebody replaces it or the right key is back,
 * so that all that does not need it goes on.
 */
export class UnreadableSecret extends Secret {
    /** As it is stored. */
    readonly sealed: string;
    /** Of the row that it is bound to. */
    readonly rowId: string;
    readonly #reason: Error;

    constructor(stored: { sealed: string; rowId: string }, reason: Error) {
        super("");
        this.sealed = stored.sealed;
        this.rowId = stored.rowId;
        this.#reason = reason;
    }

    /** @throws SECRET_UNREADABLE */
    override reveal(): never {
        throw this.#reason;
    }

    override get isEmpty(): boolean {
        return false;
    }
}

/** For what would go on for a while before it needs one of them. @throws SECRET_UNREADABLE */
export function requireReadable(secrets: Iterable<Secret | null>): void {
    for (const secret of secrets) {
        if (secret instanceof UnreadableSecret) {
            secret.reveal();
        }
    }
}
