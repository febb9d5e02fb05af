import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { initBare } from "./git-arguments.ts";
import type { GitCalls } from "./git-call.ts";

/** Bare repositories below `mirrors/`: one per linked repository, and beside it one per submodule remote. One change at a time in each. */
export class Mirrors {
    readonly #directory: string;
    readonly #calls: GitCalls;
    readonly #queues = new Map<string, Promise<unknown>>();

    constructor(directory: string, calls: GitCalls) {
        this.#directory = directory;
        this.#calls = calls;
    }

    pathOf(repositoryId: string): string {
        return path.join(this.#directory, `${checkedId(repositoryId)}.git`);
    }

    pathOfSubmodule(repositoryId: string, href: string): string {
        const name = createHash("sha256").update(href).digest("hex").slice(0, 32);
        return path.join(this.#directory, `${checkedId(repositoryId)}.modules`, `${name}.git`);
    }

    /** Those of linked repositories, without their submodules. */
    async all(): Promise<string[]> {
        const names = await readdir(this.#directory);
        return names.filter((name) => name.endsWith(".git")).map((name) => path.join(this.#directory, name));
    }

    /** @throws NOT_FOUND when nothing was fetched yet */
    existing(repositoryId: string): string {
        const mirror = this.pathOf(repositoryId);
        if (!existsSync(path.join(mirror, "HEAD"))) {
            throw new DeployError("NOT_FOUND", "Nothing of this repository has been fetched yet. Deploy it once.");
        }
        return mirror;
    }

    /** Something was fetched into it before, of this object format. */
    async isFilled(mirror: string, isSha256: boolean): Promise<boolean> {
        return (existsSync(path.join(mirror, "refs", "git-deploy")) || existsSync(path.join(mirror, "packed-refs"))) && (await hasFormat(mirror, isSha256));
    }

    /** Makes the mirror when it is not there, or when the remote has gone over to the other object format. */
    async ensure(mirror: string, isSha256: boolean): Promise<void> {
        if (existsSync(path.join(mirror, "HEAD"))) {
            if (await hasFormat(mirror, isSha256)) {
                return;
            }
            await rm(mirror, { recursive: true, force: true });
        }
        await mkdir(path.dirname(mirror), { recursive: true, mode: 0o700 });
        await this.#calls.init(mirror, initBare(mirror, isSha256));
    }

    /**
     * Runs alone on this mirror. Lock files and half packs found then were left by a killed git: nobody else works here.
     * A failed run leaves none either: half a pack on a full disk would keep it full.
     * An abort while waiting rejects at once; the run then never starts.
     */
    async exclusive<T>(mirror: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
        signal?.throwIfAborted();
        const before = this.#queues.get(mirror) ?? Promise.resolve();
        let hasStarted = false;
        const mine = before.then(async () => {
            signal?.throwIfAborted();
            hasStarted = true;
            await removeLeftovers(mirror);
            try {
                return await run();
            } catch (error) {
                await removeLeftovers(mirror);
                throw error;
            }
        });
        const settled = mine.catch(() => undefined);
        this.#queues.set(mirror, settled);
        void settled.then(() => {
            if (this.#queues.get(mirror) === settled) {
                this.#queues.delete(mirror);
            }
        });
        let onAbort: (() => void) | undefined;
        const aborted = new Promise<never>((_resolve, reject) => {
            onAbort = () => {
                if (!hasStarted) {
                    reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
                }
            };
            signal?.addEventListener("abort", onAbort, { once: true });
        });
        try {
            return await Promise.race([mine, aborted]);
        } finally {
            if (onAbort !== undefined) {
                signal?.removeEventListener("abort", onAbort);
            }
        }
    }

    async remove(repositoryId: string): Promise<void> {
        const mirror = this.pathOf(repositoryId);
        await this.exclusive(mirror, async () => {
            await rm(mirror, { recursive: true, force: true });
            await rm(path.join(this.#directory, `${checkedId(repositoryId)}.modules`), { recursive: true, force: true });
        });
    }
}

async function hasFormat(mirror: string, isSha256: boolean): Promise<boolean> {
    const config = await readFile(path.join(mirror, "config"), "utf8").catch(() => "");
    return config !== "" && /objectformat\s*=\s*sha256/i.test(config) === isSha256;
}

/** Ids are ours (UUIDs), but a path is made of them. */
function checkedId(id: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) {
        throw new DeployError("INPUT_INVALID", "This is not the id of a repository.");
    }
    return id;
}

async function removeLeftovers(mirror: string): Promise<void> {
    if (!existsSync(mirror)) {
        return;
    }
    const top = (await readdir(mirror)).filter((name) => name.endsWith(".lock"));
    const refs = existsSync(path.join(mirror, "refs")) ? (await readdir(path.join(mirror, "refs"), { recursive: true })).filter((name) => name.endsWith(".lock")) : [];
    const packs = path.join("objects", "pack");
    const half = existsSync(path.join(mirror, packs)) ? (await readdir(path.join(mirror, packs))).filter((name) => name.startsWith("tmp_")) : [];
    for (const left of [...top, ...refs.map((name) => path.join("refs", name)), ...half.map((name) => path.join(packs, name))]) {
        await rm(path.join(mirror, left), { force: true });
    }
}
