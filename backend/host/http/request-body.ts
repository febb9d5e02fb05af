import type { IncomingMessage } from "node:http";
import { DeployError } from "../../domain/errors.ts";
import type { BodyShare } from "./body-budget.ts";
import type { BodyFile } from "./large-bodies.ts";

/** Of a body that is held in memory while it arrives; more than that goes to a file. A push of several hundred commits is smaller. */
const MAX_HELD_BYTES = 256 * 1024;

/** A body that stopped coming. Answered 408. */
export class BodyTimeoutError extends Error {}

export interface BodyLimits {
    maxBytes: number;
    /** Until all of it has come. */
    timeoutMs: number;
    /** What may be held in memory and on disk. */
    memory: Pick<BodyShare, "add">;
    disk: Pick<BodyShare, "add">;
    createFile: () => Promise<BodyFile>;
}

/**
 * The exact bytes of a body, or the file that has them; whoever gets a file closes it. More than `maxBytes` is refused as soon as that is known:
 * by Content-Length before a byte is read, else at the chunk that goes over.
 * @throws PAYLOAD_TOO_LARGE, STORE_UNAVAILABLE, BodyTimeoutError, what the limits throw
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | BodyFile> {
    const tooLarge = () => new DeployError("PAYLOAD_TOO_LARGE", `The request is larger than ${limits.maxBytes} bytes.`);
    if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes) {
        throw tooLarge();
    }
    const held = new HeldBody(limits);
    return await new Promise<Buffer | BodyFile>((resolve, reject) => {
        let size = 0;
        const stop = () => {
            clearTimeout(timer);
            request.off("data", onChunk).off("end", onEnd).off("error", onError).off("close", onClose);
            request.pause();
        };
        const fail = (error: Error) => {
            stop();
            void held.drop();
            reject(error);
        };
        const onChunk = (chunk: Buffer) => {
            size += chunk.length;
            if (size > limits.maxBytes) {
                fail(tooLarge());
                return;
            }
            try {
                held.add(chunk);
            } catch (error) {
                fail(error as Error);
                return;
            }
            if (held.isFull) {
                request.pause();
                held.toFile().then(() => request.resume(), fail);
            }
        };
        const onEnd = () => {
            stop();
            held.whole().then(resolve, fail);
        };
        const onError = (error: Error) => fail(error);
        const onClose = () => fail(new Error("The client went away before it had sent everything."));
        const timer = setTimeout(() => fail(new BodyTimeoutError("The body did not arrive in time.")), limits.timeoutMs);
        request.on("data", onChunk).on("end", onEnd).on("error", onError).on("close", onClose);
    });
}

/** The part of a body that has come. */
class HeldBody {
    readonly #limits: BodyLimits;
    #chunks: Buffer[] = [];
    #bytes = 0;
    #file: BodyFile | null = null;
    #isDropped = false;

    constructor(limits: BodyLimits) {
        this.#limits = limits;
    }

    get isFull(): boolean {
        return this.#bytes > MAX_HELD_BYTES;
    }

    add(chunk: Buffer): void {
        this.#limits.memory.add(chunk.length);
        this.#chunks.push(chunk);
        this.#bytes += chunk.length;
    }

    async toFile(): Promise<void> {
        const { memory, disk, createFile } = this.#limits;
        const [chunks, bytes] = [this.#chunks, this.#bytes];
        [this.#chunks, this.#bytes] = [[], 0];
        disk.add(bytes);
        const file = this.#file ?? (await createFile());
        this.#file = file;
        if (this.#isDropped) {
            await this.drop();
            return;
        }
        await file.append(chunks);
        memory.add(-bytes);
    }

    async whole(): Promise<Buffer | BodyFile> {
        if (this.#file === null) {
            return Buffer.concat(this.#chunks);
        }
        await this.toFile();
        return this.#file;
    }

    async drop(): Promise<void> {
        this.#isDropped = true;
        const file = this.#file;
        this.#file = null;
        await file?.close();
    }
}
