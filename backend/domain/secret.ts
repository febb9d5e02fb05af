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
