import { lookup } from "node:dns/promises";
import { DeployError } from "../domain/errors.ts";
import { isLoopbackAllowed, type GitUrlPolicy } from "../domain/git-url.ts";
import { classifyHost, hostRefusal } from "../domain/host-address.ts";

/** All addresses of a name. @throws when it has none */
export type Resolve = (host: string) => Promise<string[]>;

const LOOKUP_TIMEOUT_MS = 15_000;

const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Addresses that a host may be reached at right now. One forbidden address among them refuses the host: whoever controls the name chooses which one is used.
 * @throws GIT_URL_INVALID, GIT_UNREACHABLE
 */
export async function checkedAddresses(host: string, policy: GitUrlPolicy, resolve: Resolve = resolveByDns): Promise<string[]> {
    const isAllowed = isLoopbackAllowed(host, policy);
    const bare = host.replace(/^\[(.*)\]$/, "$1");
    const addresses = classifyHost(bare) === "name" || bare.includes("localhost") ? await resolved(bare, resolve) : [bare];
    for (const address of [bare, ...addresses]) {
        const reason = hostRefusal(address, isAllowed);
        if (reason !== null) {
            const via = address === bare ? host : `${host} (${address})`;
            throw new DeployError("GIT_URL_INVALID", `${via} cannot be used as a Git server: ${reason}.`);
        }
    }
    return addresses;
}

async function resolved(host: string, resolve: Resolve): Promise<string[]> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error("DNS did not answer")), LOOKUP_TIMEOUT_MS);
    });
    try {
        return await Promise.race([resolve(host), timeout]);
    } catch (error) {
        throw new DeployError("GIT_UNREACHABLE", `The name ${host} cannot be resolved. Check the spelling and this server's DNS.`, { cause: error });
    } finally {
        clearTimeout(timer);
    }
}
