import type { Clock } from "../domain/ports.ts";
import { RecentCounts } from "../domain/recent-counts.ts";

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

/**
 * Counts requests. A wrong signature costs only its sender: genuine deliveries have a count of their own, which nobody without
 * the secret can use up. So a flood of forged requests, even one through the same proxy, holds no genuine delivery back
 * before the address itself is over its limit.
 */
export class WebhookRateLimits {
    readonly #clock: Pick<Clock, "monotonic">;
    readonly #perAddress: Limit;
    readonly #perRepository: Limit;
    readonly #rejectedPerSender: Limit;
    readonly #rejectedRecords: Limit;

    constructor(limits: WebhookLimits, clock: Pick<Clock, "monotonic">) {
        this.#clock = clock;
        const limit = (perMinute: number): Limit => ({ perMinute, counts: new RecentCounts() });
        this.#perAddress = limit(limits.perAddress);
        this.#perRepository = limit(limits.perRepository);
        this.#rejectedPerSender = limit(limits.rejectedPerSender);
        this.#rejectedRecords = limit(limits.rejectedRecords);
    }

    /** Each answers null, or the seconds after which to try again. */
    countRequest(address: string): number | null {
        return this.#count(this.#perAddress, network(address));
    }

    countGenuine(repositoryId: string): number | null {
        return this.#count(this.#perRepository, repositoryId);
    }

    countRejected(repositoryId: string, address: string): number | null {
        return this.#count(this.#rejectedPerSender, `${repositoryId} ${network(address)}`);
    }

    /** True while one more rejected delivery of the repository may be recorded. */
    mayRecordRejected(repositoryId: string): boolean {
        return this.#count(this.#rejectedRecords, repositoryId) === null;
    }

    #count({ perMinute, counts }: Limit, key: string): number | null {
        const { count, leftMs } = counts.add(key, this.#clock.monotonic());
        return count > perMinute ? Math.max(1, Math.ceil(leftMs / 1000)) : null;
    }
}

interface Limit {
    perMinute: number;
    counts: RecentCounts;
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
