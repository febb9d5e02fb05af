import { RateLimiterMemory } from "rate-limiter-flexible";
import { DeployError } from "../../../domain/errors.ts";
import { addressBlock } from "../../http/address-block.ts";

/** Attempts a minute from one address; Dockge allows as many for everybody together. */
const PER_ADDRESS = 20;
/** From all addresses that have never logged in: above what people do, below what guessing with many addresses needs. */
const OVERALL = 200;
const WINDOW_SECONDS = 60;
/** Codes of the second factor. Whoever gets to try one knows the password, so few suffice. */
const CODES_PER_ADDRESS = 10;
const CODES_PER_USER = 20;
const CODE_WINDOW_SECONDS = 15 * 60;
/** Addresses remembered at most; the ones that logged in longest ago are forgotten first. */
const MAX_KNOWN = 1000;

/**
 * Slows down guessing of passwords and codes. An attempt counts before the password is looked at, so that hashing is limited as well.
 * An address from which somebody has logged in has a limit of its own only: guessing from many others does not lock it out.
 */
export class LoginLimiter {
    readonly #perAddress = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS });
    readonly #overall = new RateLimiterMemory({ points: OVERALL, duration: WINDOW_SECONDS });
    readonly #codesPerAddress = new RateLimiterMemory({ points: CODES_PER_ADDRESS, duration: CODE_WINDOW_SECONDS });
    readonly #codesPerUser = new RateLimiterMemory({ points: CODES_PER_USER, duration: CODE_WINDOW_SECONDS });
    readonly #known = new Set<string>();

    /** @throws TOO_MANY_REQUESTS */
    async attempt(address: string): Promise<void> {
        const key = addressBlock(address);
        await consume(this.#perAddress, key);
        if (!this.#known.has(key)) {
            await consume(this.#overall, "all");
        }
    }

    /** A right password does not count. */
    async succeeded(address: string): Promise<void> {
        const key = addressBlock(address);
        await this.#perAddress.reward(key);
        if (!this.#known.has(key)) {
            await this.#overall.reward("all");
        }
    }

    /** Somebody has logged in from there, with everything that is asked for. */
    remember(address: string): void {
        const key = addressBlock(address);
        this.#known.delete(key);
        this.#known.add(key);
        const [oldest] = this.#known;
        if (this.#known.size > MAX_KNOWN && oldest !== undefined) {
            this.#known.delete(oldest);
        }
    }

    /** @throws TOO_MANY_REQUESTS */
    async attemptCode(userId: number, address: string): Promise<void> {
        const key = addressBlock(address);
        await consume(this.#codesPerAddress, key);
        if (!this.#known.has(key)) {
            await consume(this.#codesPerUser, String(userId));
        }
    }

    /** A right code does not count. */
    async codeSucceeded(userId: number, address: string): Promise<void> {
        const key = addressBlock(address);
        await this.#codesPerAddress.reward(key);
        if (!this.#known.has(key)) {
            await this.#codesPerUser.reward(String(userId));
        }
    }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
    try {
        await limiter.consume(key);
    } catch (refused) {
        if (refused instanceof Error) {
            throw refused;
        }
        // The limiter rejects with its counters; the text is Dockge's.
        throw new DeployError("TOO_MANY_REQUESTS", "Too frequently, try again later.");
    }
}
