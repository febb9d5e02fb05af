import type { IncomingMessage } from "node:http";
import { DeployError } from "../../domain/errors.ts";
import type { BodyShare } from "./body-budget.ts";

/** A body that stopped coming. Answered 408. */
export class BodyTimeoutError extends Error {}

/**
 * The exact bytes of a body. More than `maxBytes` is refused as soon as that is known: by Content-Length before a byte is read,
 * else at the chunk that goes over. @throws PAYLOAD_TOO_LARGE, BodyTimeoutError when it has not all come within `timeoutMs`, what `share` throws
 */
export async function readBody(request: IncomingMessage, maxBytes: number, timeoutMs: number, share: Pick<BodyShare, "add">): Promise<Buffer> {
    const tooLarge = new DeployError("PAYLOAD_TOO_LARGE", `The request is larger than ${maxBytes} bytes.`);
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
        throw tooLarge;
    }
    return await new Promise<Buffer>((resolve, reject) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const stop = () => {
            clearTimeout(timer);
            request.off("data", onChunk).off("end", onEnd).off("error", onError).off("close", onClose);
            request.pause();
        };
        const fail = (error: Error) => {
            stop();
            reject(error);
        };
        const onChunk = (chunk: Buffer) => {
            size += chunk.length;
            if (size > maxBytes) {
                fail(tooLarge);
                return;
            }
            try {
                share.add(chunk.length);
            } catch (error) {
                fail(error as Error);
                return;
            }
            chunks.push(chunk);
        };
        const onEnd = () => {
            stop();
            resolve(Buffer.concat(chunks));
        };
        const onError = (error: Error) => fail(error);
        const onClose = () => fail(new Error("The client went away before it had sent everything."));
        const timer = setTimeout(() => fail(new BodyTimeoutError("The body did not arrive in time.")), timeoutMs);
        request.on("data", onChunk).on("end", onEnd).on("error", onError).on("close", onClose);
    });
}
