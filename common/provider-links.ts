import type { Provider } from "./schemas.ts";

/** Addresses of a repository's pages at its provider, worked out from the URL that Git uses. Nothing is asked over the network. */

interface RemoteAddress {
    host: string;
    /** Only when the web page may be expected on the same port: of http(s) URLs. */
    webHost: string;
    isPlainHttp: boolean;
    /** Without the leading `/` and `.git`. */
    path: string;
}

const SCP_LIKE = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/;

function cleanPath(path: string): string {
    return path.replace(/^\/+/, "").replace(/\/+$/, "").replace(/\.git$/, "");
}

/** null for what is no remote URL. This is for display; what may be fetched is decided by the server. */
export function parseRemote(url: string): RemoteAddress | null {
    const trimmed = url.trim();
    if (/^(https?|ssh):\/\//i.test(trimmed)) {
        let parsed: URL;
        try {
            parsed = new URL(trimmed);
        } catch {
            return null;
        }
        const isWeb = parsed.protocol !== "ssh:";
        const path = cleanPath(parsed.pathname);
        return path === "" ? null : { host: parsed.hostname.toLowerCase(), webHost: isWeb ? parsed.host : parsed.hostname, isPlainHttp: parsed.protocol === "http:", path };
    }
    const match = SCP_LIKE.exec(trimmed);
    const [, host = "", path = ""] = match ?? [];
    return match === null || cleanPath(path) === "" ? null : { host: host.toLowerCase(), webHost: host, isPlainHttp: false, path: cleanPath(path) };
}

/** Does this URL want a key rather than a token? */
export function isSshUrl(url: string): boolean {
    return /^ssh:\/\//i.test(url.trim()) || (!/^[a-z+]+:\/\//i.test(url.trim()) && SCP_LIKE.test(url.trim()));
}

const KNOWN_HOSTS: [RegExp, Provider][] = [
    [/^(ssh\.|www\.)?github\.com$/, "github"],
    [/^(altssh\.|www\.)?gitlab\.com$/, "gitlab"],
    [/^(altssh\.)?bitbucket\.org$/, "bitbucket"],
    [/^codeberg\.org$/, "forgejo"],
    [/(^|\.)github\./, "github"],
    [/(^|\.)gitlab\./, "gitlab"],
    [/(^|\.)forgejo\./, "forgejo"],
    [/(^|\.)gitea\./, "gitea"],
    [/(^|\.)gogs\./, "gogs"],
    [/(^|\.)(bitbucket|stash)\./, "bitbucket_dc"],
];

/** A good guess by the host's name; `generic` when nothing is recognised. The person may choose another. */
export function recognizeProvider(url: string): Provider {
    const remote = parseRemote(url);
    return KNOWN_HOSTS.find(([pattern]) => remote !== null && pattern.test(remote.host))?.[1] ?? "generic";
}

/** Bitbucket Data Center says `PRJ/repo` over ssh and `scm/PRJ/repo` over http; its pages are elsewhere. */
function dataCenterPath(path: string): string {
    const [project = "", repository = ""] = path.replace(/^scm\//, "").split("/");
    return project.startsWith("~") ? `users/${project.slice(1)}/repos/${repository}` : `projects/${project}/repos/${repository}`;
}

/** The ssh hosts that providers offer on port 443 have no web pages. */
function webHostOf(host: string): string {
    return host.replace(/^(alt)?ssh\.(github\.com|gitlab\.com|bitbucket\.org)(:\d+)?$/i, "$2");
}

/** The repository's page; null when the provider is unknown. */
export function repositoryUrl(provider: Provider, url: string): string | null {
    const remote = parseRemote(url);
    if (remote === null || provider === "generic") {
        return null;
    }
    const origin = `${remote.isPlainHttp ? "http" : "https"}://${webHostOf(remote.webHost)}`;
    return `${origin}/${provider === "bitbucket_dc" ? dataCenterPath(remote.path) : remote.path}`;
}

const COMMIT: Record<Provider, string> = {
    github: "/commit/",
    gitlab: "/-/commit/",
    bitbucket: "/commits/",
    bitbucket_dc: "/commits/",
    gitea: "/commit/",
    forgejo: "/commit/",
    gogs: "/commit/",
    generic: "",
};

export function commitUrl(provider: Provider, url: string, sha: string): string | null {
    const base = repositoryUrl(provider, url);
    return base === null || !/^[0-9a-f]{7,64}$/.test(sha) ? null : `${base}${COMMIT[provider]}${sha}`;
}

const DEPLOY_KEYS: Record<Provider, string> = {
    github: "/settings/keys/new",
    gitlab: "/-/settings/repository",
    bitbucket: "/admin/access-keys/",
    bitbucket_dc: "",
    gitea: "/settings/keys",
    forgejo: "/settings/keys",
    gogs: "/settings/keys",
    generic: "",
};

const WEBHOOKS: Record<Provider, string> = {
    github: "/settings/hooks/new",
    gitlab: "/-/hooks",
    bitbucket: "/admin/webhooks",
    bitbucket_dc: "",
    gitea: "/settings/hooks",
    forgejo: "/settings/hooks",
    gogs: "/settings/hooks",
    generic: "",
};

function dataCenterServlet(servlet: string, url: string): string | null {
    const base = repositoryUrl("bitbucket_dc", url);
    return base === null ? null : base.replace(/^(https?:\/\/[^/]+)\//, `$1/plugins/servlet/${servlet}/`);
}

/** The page where the public half of a deploy key is pasted. */
export function deployKeysUrl(provider: Provider, url: string): string | null {
    if (provider === "bitbucket_dc") {
        const page = dataCenterServlet("ssh", url);
        return page === null ? null : `${page}/keys`;
    }
    const base = repositoryUrl(provider, url);
    return base === null ? null : `${base}${DEPLOY_KEYS[provider]}`;
}

/** The page where webhooks are added. */
export function webhooksUrl(provider: Provider, url: string): string | null {
    if (provider === "bitbucket_dc") {
        return dataCenterServlet("webhooks", url);
    }
    const base = repositoryUrl(provider, url);
    return base === null ? null : `${base}${WEBHOOKS[provider]}`;
}
