import { DeployError } from "../../domain/errors.ts";
import { addressBlock } from "./address-block.ts";

const MIB = 1024 * 1024;
/** Of bodies that are arriving, and of small ones until they are answered. */
export const MEMORY_FOR_BODIES = { perAddress: 64 * MIB, overall: 256 * MIB };
/** Of large ones until they are answered: thirty of the largest, all but a few of which may come through one proxy. */
export const DISK_FOR_BODIES = { perAddress: 640 * MIB, overall: 768 * MIB };

/** What is held of one request's body, until it is answered. */
export interface BodyShare {
    /** Less than nothing gives some of it back. @throws TOO_MANY_REQUESTS */
    add(bytes: number): void;
    close(): void;
}

/**
 * How much of bodies may be in memory, or on disk, at once. A body is read before anything of it can be believed, so strangers fill it, too: one address
 * at most a part of it.
 */
export class BodyBudget {
    readonly #byAddress = new Map<string, number>();
    readonly #limits: { perAddress: number; overall: number };
    #total = 0;

    constructor(limits: { perAddress: number; overall: number }) {
        this.#limits = limits;
    }

    open(address: string): BodyShare {
        const block = addressBlock(address);
        let own = 0;
        return {
            add: (bytes) => {
                own += bytes;
                this.#count(block, bytes);
                if (bytes <= 0) {
                    return;
                }
                if (this.#total > this.#limits.overall || (this.#byAddress.get(block) ?? 0) > this.#limits.perAddress) {
                    throw new DeployError("TOO_MANY_REQUESTS", "Too many large requests are being received at once. Send it again in a moment.");
                }
            },
            close: () => {
                this.#count(block, -own);
                own = 0;
            },
        };
    }

    #count(block: string, bytes: number): void {
        this.#total += bytes;
        const held = (this.#byAddress.get(block) ?? 0) + bytes;
        if (held > 0) {
            this.#byAddress.set(block, held);
        } else {
            this.#byAddress.delete(block);
        }
    }
}
