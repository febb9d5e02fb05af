import { randomUUID } from "node:crypto";
import { mkdir, open, rm, unlink, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { Turns } from "../../domain/turns.ts";
import type { RawResponse } from "../host.ts";
import { collectGarbage } from "./collect-garbage.ts";

/** Bytes of bodies after which what they left behind is given back. */
const COLLECT_AFTER = 16 * 1024 * 1024;

/** Where they lie in a data folder. */
export function largeBodiesIn(dataDirectory: string): string {
    return path.join(dataDirectory, "git-deploy", "incoming");
}

/**
 * Bodies that would fill memory together wait on disk and are worked on one after the other. Their files have no name from the moment they are
 * made, so the system frees them on every way out, a kill among them.
 */
export class LargeBodies {
    readonly #directory: string;
    readonly #collect: () => void;
    readonly #turns = new Turns();
    #isReady: Promise<void> | null = null;
    /** Since memory was collected. */
    #believedBytes = 0;

    /** @param directory of these files alone: what is in it is removed before the first is made */
    constructor(directory: string, collect: () => void = collectGarbage) {
        this.#directory = directory;
        this.#collect = collect;
    }

    /** @throws STORE_UNAVAILABLE */
    async create(): Promise<BodyFile> {
        return await orUnavailable(async () => {
            this.#isReady ??= this.#prepare();
            await this.#isReady.catch((error: unknown) => {
                this.#isReady = null;
                throw error;
            });
            const file = path.join(this.#directory, randomUUID());
            const handle = await open(file, "wx+", 0o600);
            await unlink(file);
            return new BodyFile(handle);
        });
    }

    /** Reads the body and works on it when all before it are done. */
    async inTurn<T extends Pick<RawResponse, "status">>(file: BodyFile, work: (body: Buffer) => Promise<T>): Promise<T> {
        return await this.#turns.take("", async () => {
            const answer = await readAndWork(file, work);
            // One that was refused was never made into texts. Collecting for it would let strangers stop the server as often as they send something.
            this.#believedBytes += answer.status < 400 ? file.size : 0;
            if (this.#believedBytes >= COLLECT_AFTER) {
                // When nothing on the stack holds on to the body any more.
                await new Promise((resolve) => setImmediate(resolve));
                this.#believedBytes = 0;
                this.#collect();
            }
            return answer;
        });
    }

    async #prepare(): Promise<void> {
        // What a process left that was killed between making a file and taking its name.
        await rm(this.#directory, { recursive: true, force: true });
        await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    }
}

/** A body on its way to its turn. */
export class BodyFile {
    readonly #handle: FileHandle;
    #size = 0;

    constructor(handle: FileHandle) {
        this.#handle = handle;
    }

    /** In bytes. */
    get size(): number {
        return this.#size;
    }

    /** @throws STORE_UNAVAILABLE */
    async append(chunks: readonly Buffer[]): Promise<void> {
        await orUnavailable(async () => {
            const { bytesWritten } = await this.#handle.writev([...chunks], this.#size);
            if (bytesWritten !== chunks.reduce((sum, { length }) => sum + length, 0)) {
                throw new Error("the disk took a part only");
            }
            this.#size += bytesWritten;
        });
    }

    /** @throws STORE_UNAVAILABLE */
    async read(): Promise<Buffer> {
        return await orUnavailable(async () => {
            const body = Buffer.allocUnsafeSlow(this.#size);
            for (let at = 0; at < body.length; ) {
                const { bytesRead } = await this.#handle.read(body, at, body.length - at, at);
                if (bytesRead === 0) {
                    throw new Error("the file has become shorter");
                }
                at += bytesRead;
            }
            return body;
        });
    }

    async close(): Promise<void> {
        await this.#handle.close();
    }
}

async function readAndWork<T>(file: BodyFile, work: (body: Buffer) => Promise<T>): Promise<T> {
    return await work(await file.read());
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (cause) {
        throw new DeployError("STORE_UNAVAILABLE", "A large request could not be kept on disk until its turn. Free some space there and send it again.", { cause });
    }
}
