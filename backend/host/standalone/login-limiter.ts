import { RateLimiterMemory } from "rate-limiter-flexible";
import { DeployError } from "../../domain/errors.ts";

/** Attempts a minute from one address; Dockge allows as many for everybody together. */
const PER_ADDRESS = 20;
/** From everywhere: above what people do, below what guessing with many addresses needs. */
const OVERALL = 200;
const WINDOW_SECONDS = 60;

/** Slows down guessing of passwords. An attempt counts before the password is looked at, so that hashing is limited as well. */
export class LoginLimiter {
    readonly #perAddress = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS });
    readonly #overall = new RateLimiterMemory({ points: OVERALL, duration: WINDOW_SECONDS });

    /** @throws TOO_MANY_REQUESTS */
    async attempt(address: string): Promise<void> {
        try {
            await this.#perAddress.consume(address);
            await this.#overall.consume("all");
        } catch (refused) {
            if (refused instanceof Error) {
                throw refused;
            }
            // The limiter rejects with its counters; the text is Dockge's.
            throw new DeployError("TOO_MANY_REQUESTS", "Too frequently, try again later.");
        }
    }

    /** A right password does not count. */
    async succeeded(address: string): Promise<void> {
        await Promise.all([this.#perAddress.reward(address), this.#overall.reward("all")]);
    }
}
