import { repositoryIdentity } from "../git-url.ts";
import type { RepositoryInfo } from "./push.ts";

/** Of the addresses that are stored: each delivery is compared with the same few. */
const configuredIdentities = new Map<string, string | null>();
const MAX_REMEMBERED = 2000;

/**
 * False when a payload names a repository and it is not the one behind `url`. Compared are the clone URLs without scheme, user, port,
 * case and `.git`, or else the full name with the end of the URL's path: one server goes by several host names
 * (inside and outside of a network, a separate one for ssh), so a host that differs proves nothing. A payload that names none passes.
 */
export function isSameRepository(info: RepositoryInfo | null, url: string): boolean {
    if (info === null) {
        return true;
    }
    const cloneUrls = [info.cloneUrlHttp, info.cloneUrlSsh].filter((cloneUrl) => cloneUrl !== null);
    if (cloneUrls.length === 0 && info.fullName === null) {
        return true;
    }
    const configured = configuredIdentity(url);
    if (configured === null) {
        return false;
    }
    if (cloneUrls.some((cloneUrl) => repositoryIdentity(cloneUrl) === configured)) {
        return true;
    }
    return info.fullName !== null && configured.endsWith(`/${info.fullName.toLowerCase().replace(/\.git$/, "")}`);
}

function configuredIdentity(url: string): string | null {
    let identity = configuredIdentities.get(url);
    if (identity === undefined) {
        identity = repositoryIdentity(url);
        if (configuredIdentities.size === MAX_REMEMBERED) {
            configuredIdentities.clear();
        }
        configuredIdentities.set(url, identity);
    }
    return identity;
}
