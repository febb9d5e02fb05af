import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../domain/errors.ts";
import type { KnownHosts } from "../domain/ports.ts";
import { hostPattern, keysOf, type KnownHostKey } from "./known-hosts-line.ts";
import { PINNED_HOST_KEYS } from "./pinned-host-keys.ts";

/** Asks a host for its keys and gives them as `known_hosts` lines. @throws GIT_UNREACHABLE */
export type KeyScan = (host: string, port: number, signal?: AbortSignal) => Promise<string>;

/** Best first, as OpenSSH prefers them. */
const TYPES = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/**
 * `known_hosts` in the data folder. It begins with the keys of GitHub, GitLab and Bitbucket; every other line was confirmed by a person,
 * here or with an editor. A key that changed is never replaced by this server.
 */
export class KnownHostsFile implements KnownHosts {
    readonly path: string;
    readonly #scan: KeyScan;
    #lastWrite: Promise<unknown> = Promise.resolve();

    constructor(options: { path: string; scan: KeyScan }) {
        this.path = options.path;
        this.#scan = options.scan;
        this.#seed();
    }

    async isKnown(host: string, port: number): Promise<boolean> {
        return (await this.#trusted(host, port)).length > 0;
    }

    async scan(host: string, port: number, signal?: AbortSignal): Promise<{ line: string; type: string; fingerprint: string }[]> {
        const text = await this.#scan(host, port, signal);
        return keysOf(text, host, port)
            .filter(({ type }) => TYPES.includes(type))
            .sort((a, b) => TYPES.indexOf(a.type) - TYPES.indexOf(b.type))
            .map(({ type, base64, fingerprint }) => ({ line: `${hostPattern(host, port)} ${type} ${base64}`, type, fingerprint }));
    }

    /** Pins only the key whose fingerprint was confirmed: ssh then asks the host for that kind of key. */
    async confirm(host: string, port: number, fingerprint: string): Promise<void> {
        const pinned = await this.#trusted(host, port);
        if (pinned.some((key) => key.fingerprint === fingerprint)) {
            return;
        }
        if (pinned.length > 0) {
            throw changedKey(host, port, this.path, { pinned: pinned.map((key) => key.fingerprint), confirmed: fingerprint });
        }
        const shown = await this.scan(host, port);
        const match = shown.find((key) => key.fingerprint === fingerprint);
        if (match === undefined) {
            throw new DeployError("GIT_HOST_KEY_UNKNOWN", `${host} does not show a key with the fingerprint ${fingerprint}. Compare the fingerprints again.`, {
                details: { host, port, fingerprint: shown[0]?.fingerprint ?? null, fingerprints: shown.map(({ type, fingerprint }) => ({ type, fingerprint })) },
            });
        }
        const written = this.#lastWrite.then(async () => {
            const former = await this.#read();
            const draft = `${this.path}.${randomUUID()}`;
            await writeFile(draft, `${withLineEnd(former)}${match.line}\n`, { mode: 0o600 });
            await rename(draft, this.path);
        });
        this.#lastWrite = written.catch(() => undefined);
        await written;
    }

    async #trusted(host: string, port: number): Promise<KnownHostKey[]> {
        return keysOf(await this.#read(), host, port).filter((key) => !key.isRevoked);
    }

    async #read(): Promise<string> {
        return await readFile(this.path, "utf8");
    }

    /** Makes the file, and adds the shipped keys of hosts that it says nothing about. */
    #seed(): void {
        mkdirSync(path.dirname(this.path), { recursive: true, mode: 0o700 });
        const former = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
        const missing = PINNED_HOST_KEYS.flatMap(({ hosts, keys }) =>
            hosts.filter((pattern) => keysOf(former, ...splitPattern(pattern)).length === 0).flatMap((pattern) => keys.map((key) => `${pattern} ${key}\n`)),
        );
        if (missing.length > 0 || former === "") {
            const draft = `${this.path}.${randomUUID()}`;
            writeFileSync(draft, withLineEnd(former) + missing.join(""), { mode: 0o600 });
            renameSync(draft, this.path);
        }
    }
}

/** The hard stop: another key than the pinned one. Only a person with access to the machine can lift it. */
function changedKey(host: string, port: number, file: string, details: Record<string, unknown> = {}): DeployError {
    return new DeployError(
        "GIT_HOST_KEY_CHANGED",
        `${host} shows another host key than the one that was confirmed. Somebody may be in between. If its administrator confirms the change, run: ssh-keygen -R '${hostPattern(host, port)}' -f ${file}`,
        { details: { host, port, ...details } },
    );
}

function splitPattern(pattern: string): [host: string, port: number] {
    const match = /^\[(.*)\]:(\d+)$/.exec(pattern);
    return match === null ? [pattern, 22] : [match[1] ?? "", Number(match[2])];
}

function withLineEnd(text: string): string {
    return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
