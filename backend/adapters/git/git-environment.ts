import type { Provider } from "../../../common/schemas.ts";
import { originOf, type GitUrl } from "../../domain/git-url.ts";
import type { Secret } from "../../domain/secret.ts";

/** The whole environment of git and what it starts, and the files of one call that it points to. Built here, run elsewhere. */

export interface CallFiles {
    /** Private folder of the call, which is also HOME. */
    directory: string;
    askPass: string;
    knownHosts: string;
    /** null: no key may be tried, not even one of the user who runs this server. */
    privateKey: string | null;
}

/** Of a git call that stays on this machine. */
export function localEnvironment(home: string, searchPath: string): Record<string, string> {
    return {
        PATH: searchPath,
        HOME: home,
        LC_ALL: "C",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_TERMINAL_PROMPT: "0",
        GIT_OPTIONAL_LOCKS: "0",
        GIT_PROTOCOL_FROM_USER: "0",
        GIT_ALLOW_PROTOCOL: "",
        GIT_LFS_SKIP_SMUDGE: "1",
        GIT_NO_REPLACE_OBJECTS: "1",
        GIT_AUTHOR_NAME: "git-deploy",
        GIT_AUTHOR_EMAIL: "git-deploy@localhost",
        GIT_COMMITTER_NAME: "git-deploy",
        GIT_COMMITTER_EMAIL: "git-deploy@localhost",
    };
}

/** Of a call to one remote. The token is in it and nowhere else. */
export function remoteEnvironment(input: {
    url: GitUrl;
    login: { username: string; token: Secret } | null;
    files: CallFiles;
    searchPath: string;
}): Record<string, string> {
    return {
        ...localEnvironment(input.files.directory, input.searchPath),
        GIT_ALLOW_PROTOCOL: input.url.scheme === "http" ? "http:https:ssh" : "https:ssh",
        GIT_SSH_VARIANT: "ssh",
        GIT_SSH_COMMAND: sshCommand(input.files),
        ...(input.login === null ? {} : { GIT_ASKPASS: input.files.askPass, ...askPassVariables(input.url, input.login) }),
    };
}

/**
 * Answers git's and git-lfs's prompts for one origin. Any other prompt (another host after a redirect, another port) gets no answer.
 * The script is the same for every call: what it says comes from the environment.
 */
export const ASK_PASS_SCRIPT = `#!/bin/sh
case "$1" in
    "Username for '$GIT_DEPLOY_ORIGIN'"* | "Username for \\"$GIT_DEPLOY_ORIGIN\\""*)
        printf '%s\\n' "$GIT_DEPLOY_USERNAME" ;;
    "Password for '$GIT_DEPLOY_LOGIN_ORIGIN'"* | "Password for '$GIT_DEPLOY_LOGIN_ORIGIN_ENCODED'"* | \\
    "Password for \\"$GIT_DEPLOY_LOGIN_ORIGIN\\""* | "Password for \\"$GIT_DEPLOY_LOGIN_ORIGIN_ENCODED\\""*)
        printf '%s\\n' "$GIT_DEPLOY_TOKEN" ;;
    *)
        exit 1 ;;
esac
`;

function askPassVariables(url: GitUrl, login: { username: string; token: Secret }): Record<string, string> {
    const withLogin = (name: string) => originOf(url).replace("://", `://${name}@`);
    return {
        GIT_DEPLOY_ORIGIN: originOf(url),
        // git before 2.48 shows the user name as it is, later ones percent-encode it.
        GIT_DEPLOY_LOGIN_ORIGIN: withLogin(login.username),
        GIT_DEPLOY_LOGIN_ORIGIN_ENCODED: withLogin(encodeURIComponent(login.username)),
        GIT_DEPLOY_USERNAME: login.username,
        GIT_DEPLOY_TOKEN: login.token.reveal(),
    };
}

/** User name that goes with a token when the person gave none. Each provider documents its own. */
export function usernameFor(provider: Provider, username: string | null, token: Secret): string {
    if (username !== null && username !== "") {
        return username;
    }
    switch (provider) {
        case "github":
            return "x-access-token";
        case "gitlab":
            return "oauth2";
        case "bitbucket":
            // API tokens of a person begin with ATATT; those of a repository, project or workspace with ATCTT.
            return token.reveal().startsWith("ATATT") ? "x-bitbucket-api-token-auth" : "x-token-auth";
        case "bitbucket_dc":
            return "x-token-auth";
        case "gitea":
        case "forgejo":
        case "gogs":
        case "generic":
            return "git";
    }
}

/**
 * git hands this text to a shell, so it is made of our own paths and constants only, each quoted.
 * @see ssh_config(5)
 */
export function sshCommand(files: Pick<CallFiles, "knownHosts" | "privateKey">): string {
    const options = [
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        `IdentityFile=${files.privateKey === null ? "none" : sshPath(files.privateKey)}`,
        `UserKnownHostsFile=${sshPath(files.knownHosts)}`,
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "PreferredAuthentications=publickey",
        "ForwardAgent=no",
        "ForwardX11=no",
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
        "ProxyCommand=none",
        "ControlMaster=no",
        "ControlPath=none",
        "ConnectTimeout=15",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=4",
    ];
    return ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", shellWord(option)])].join(" ");
}

/** ssh splits at spaces and expands percent signs in path options. */
function sshPath(file: string): string {
    return `"${file.replaceAll("%", "%%")}"`;
}

function shellWord(text: string): string {
    return /^[A-Za-z0-9=/_.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
