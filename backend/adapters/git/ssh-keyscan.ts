import { DeployError } from "../../domain/errors.ts";
import type { GitUrlPolicy } from "../../domain/git-url.ts";
import { runProgram } from "../exec.ts";
import { checkedAddresses } from "../host-check.ts";

const TIMEOUT_SECONDS = 10;

export function keyscanArguments(host: string, port: number): string[] {
    return ["-T", String(TIMEOUT_SECONDS), "-p", String(port), "-t", "ed25519,ecdsa,rsa", "--", host.replace(/^\[(.*)\]$/, "$1")];
}

/**
 * Asks an SSH server for its host keys by `ssh-keyscan`, as lines of a `known_hosts` file. What comes back is only what somebody claims: a person has to confirm it.
 * @throws GIT_URL_INVALID for a forbidden address, GIT_UNREACHABLE
 */
export function sshKeyscan(options: { searchPath: string } & GitUrlPolicy): (host: string, port: number, signal?: AbortSignal) => Promise<string> {
    return async (host, port, signal) => {
        await checkedAddresses(host, options);
        const { stdout } = await runProgram("ssh-keyscan", keyscanArguments(host, port), {
            env: { PATH: options.searchPath, LC_ALL: "C" },
            timeoutMs: 3 * TIMEOUT_SECONDS * 1000,
            ...(signal === undefined ? {} : { signal }),
        });
        const lines = stdout.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
        if (lines.length === 0) {
            throw new DeployError("GIT_UNREACHABLE", `${host} shows no SSH host key at port ${port}. Check the host and the port.`);
        }
        return `${lines.join("\n")}\n`;
    };
}
