import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Requests per minute. */
export interface WebhookLimits {
    /** Of one address, whatever it asks for. */
    perAddress: number;
    /** Genuine deliveries of one repository. GitLab.com sends 500 a minute at most on its free plan. */
    perRepository: number;
    /** Wrong signatures that one address may send to one repository before it is told to stop. */
    rejectedPerSender: number;
    /** Wrong signatures of one repository, from everywhere, that are recorded. Beyond it they are refused without a trace in the database. */
    rejectedRecords: number;
}

export const DEFAULT_LIMITS: WebhookLimits = { perAddress: 1200, perRepository: 600, rejectedPerSender: 20, rejectedRecords: 60 };

const MINUTE_S = 60;

/**
 * Counts requests. A wrong signature costs only its sender: genuine deliveries have a count of their own, which nobody without
 * the secret can use up. So a flood of forged requests, even one through the same proxy, holds no genuine delivery back
 * before the address itself is over its limit.
 */
export class WebhookRateLimits {
    readonly #perAddress: RateLimiterMemory;
    readonly #perRepository: RateLimiterMemory;
    readonly #rejectedPerSender: RateLimiterMemory;
    readonly #rejectedRecords: RateLimiterMemory;

    constructor(limits: WebhookLimits) {
        const limiter = (points: number) => new RateLimiterMemory({ points, duration: MINUTE_S });
        this.#perAddress = limiter(limits.perAddress);
        this.#perRepository = limiter(limits.perRepository);
        this.#rejectedPerSender = limiter(limits.rejectedPerSender);
        this.#rejectedRecords = limiter(limits.rejectedRecords);
    }

    /** Each answers null, or the seconds after which to try again. */
    async countRequest(address: string): Promise<number | null> {
        return await consume(this.#perAddress, network(address));
    }

    async countGenuine(repositoryId: string): Promise<number | null> {
        return await consume(this.#perRepository, repositoryId);
    }

    async countRejected(repositoryId: string, address: string): Promise<number | null> {
        return await consume(this.#rejectedPerSender, `${repositoryId} ${network(address)}`);
    }

    /** True while one more rejected delivery of the repository may be recorded. */
    async mayRecordRejected(repositoryId: string): Promise<boolean> {
        return (await consume(this.#rejectedRecords, repositoryId)) === null;
    }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<number | null> {
    try {
        await limiter.consume(key);
        return null;
    } catch (thrown) {
        if (thrown instanceof RateLimiterRes) {
            return Math.max(1, Math.ceil(thrown.msBeforeNext / 1000));
        }
        throw thrown;
    }
}

/** One customer of IPv6 has at least a /64 and could use a new address for every request. */
function network(address: string): string {
    if (!address.includes(":") || /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)) {
        return address.replace(/^::ffff:/i, "");
    }
    const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
    const groups = head.split(":");
    const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
    return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...(tail ?? "").split(":")].slice(0, 4).join(":");
}
