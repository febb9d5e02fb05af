import http from "node:http";
import { BlockList, isIPv6 } from "node:net";
import { DeployError } from "../domain/errors.ts";
import type { ContainerState, Probe } from "../domain/ports.ts";
import type { NeighbourProbe } from "./docker/neighbour-probe.ts";
import { readPublishedPorts, type PublishedPorts } from "./http-probe-network.ts";

/** Origins are given out anew for each probe, so old ones may be forgotten. */
const MAX_ORIGINS = 10_000;
const ANY_ADDRESS: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

/**
 * Asks containers over HTTP, and nobody else: only origins that `baseUrls` named are called, so that no path or
 * redirect of a stack turns the probe against another machine.
 */
export class HttpProbe implements Probe {
    readonly #published: PublishedPorts;
    readonly #neighbour: Pick<NeighbourProbe, "ask"> | null;
    readonly #reachable: BlockList | null;
    /** Value: the container to ask from where this process cannot reach the origin itself. */
    readonly #origins = new Map<string, string | null>();

    /** @param neighbour for a server in a container; without, networks of others are tried directly, and in vain */
    constructor(published: PublishedPorts = readPublishedPorts(), neighbour: Pick<NeighbourProbe, "ask"> | null = null) {
        this.#published = published;
        this.#neighbour = neighbour;
        this.#reachable = published.seenFrom === "host" ? null : listOf(published.subnets);
    }

    /** @throws HEALTH_CHECK_FAILED when the URL is not one of a container, or nobody answers in time; the signal's own reason when aborted */
    async get(url: string, timeoutMs: number, signal?: AbortSignal): Promise<number> {
        const target = URL.canParse(url) ? new URL(url) : null;
        const from = target === null ? undefined : this.#origins.get(target.origin);
        if (target === null || target.username !== "" || from === undefined) {
            throw new DeployError("HEALTH_CHECK_FAILED", "The health check's address is not one of the stack's own containers. Set a path that begins with a single /.");
        }
        signal?.throwIfAborted();
        const outcome = from === null ? null : await this.#neighbour?.ask(from, url, timeoutMs, signal);
        if (outcome !== null && outcome !== undefined) {
            if ("status" in outcome) {
                return outcome.status;
            }
            throw noAnswer(target, outcome.reason);
        }
        const timeout = AbortSignal.timeout(timeoutMs);
        try {
            return await status(target, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
        } catch (error) {
            signal?.throwIfAborted();
            const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : ((error as NodeJS.ErrnoException).code ?? "no answer");
            throw noAnswer(target, reason, error);
        }
    }

    baseUrls(container: ContainerState, port: number): string[] {
        const published = container.ports
            .filter((binding) => binding.privatePort === port && binding.protocol === "tcp" && binding.publicPort !== null)
            .map((binding) => this.#publishedUrl(binding.address ?? "", binding.publicPort ?? port));
        const own = Object.entries(container.addresses).map(([network, address]) => (network === "host" && address === "" ? this.#publishedUrl("", port) : originOf(address, port)));
        for (const url of own) {
            this.#remember(url, this.#isReachable(url) ? null : container.id);
        }
        for (const url of published) {
            this.#remember(url, null);
        }
        return [...new Set([...published, ...own].filter((url) => url !== null))];
    }

    #isReachable(url: string | null): boolean {
        const name = url === null ? "" : new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
        return this.#reachable === null || this.#published.seenFrom === "host" || name === this.#published.gateway || this.#reachable.check(name, isIPv6(name) ? "ipv6" : "ipv4");
    }

    #publishedUrl(address: string, port: number): string | null {
        if (this.#published.seenFrom === "host") {
            return originOf(ANY_ADDRESS.has(address) ? "127.0.0.1" : address, port);
        }
        // Loopback of the host cannot be reached from here; loopback from here is this very process.
        const isLoopback = address.startsWith("127.") || address === "::1";
        return isLoopback ? null : originOf(ANY_ADDRESS.has(address) ? this.#published.gateway : address, port);
    }

    #remember(url: string | null, from: string | null): void {
        if (url === null) {
            return;
        }
        const oldest = this.#origins.keys().next().value;
        if (this.#origins.size >= MAX_ORIGINS && oldest !== undefined) {
            this.#origins.delete(oldest);
        }
        this.#origins.set(new URL(url).origin, from);
    }
}

function listOf(subnets: readonly string[]): BlockList {
    const list = new BlockList();
    for (const subnet of subnets) {
        const [address = "", bits = ""] = subnet.split("/");
        list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
    }
    return list;
}

function noAnswer(target: URL, reason: string, cause?: unknown): DeployError {
    return new DeployError("HEALTH_CHECK_FAILED", `${target.origin} did not answer the health check (${reason}).`, cause === undefined ? {} : { cause });
}

/** null for addresses that no container has: link-local ones belong to the machine and its cloud. */
function originOf(address: string, port: number): string | null {
    if (address === "" || address.startsWith("169.254.") || /^fe[89ab]/i.test(address)) {
        return null;
    }
    return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

async function status(target: URL, signal: AbortSignal): Promise<number> {
    return await new Promise((resolve, reject) => {
        const request = http.get(target, { agent: false, signal, headers: { "user-agent": "dockge-git-deploy-health" } }, (response) => {
            // The status is all that counts; the body may never end.
            response.destroy();
            resolve(response.statusCode ?? 0);
        });
        request.once("error", reject);
    });
}
