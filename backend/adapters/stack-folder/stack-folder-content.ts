import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/**
 * Git's blob id of an open file, in the object format of `like`; with `copyTo` the same bytes are written there on the way,
 * so that what was hashed is what was copied.
 */
export async function blobIdOf(file: FileHandle, like: string, copyTo?: FileHandle): Promise<string> {
    const { size } = await file.stat();
    const hash = createHash(like.length === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
    const buffer = Buffer.allocUnsafe(Math.min(size + 1, CHUNK_BYTES));
    let position = 0;
    for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        const chunk = buffer.subarray(0, bytesRead);
        hash.update(chunk);
        if (copyTo !== undefined && bytesRead > 0) {
            await copyTo.writeFile(chunk);
        }
        position += bytesRead;
        // A short read at the known size is the end; otherwise ask until nothing comes.
        if (bytesRead === 0 || (position === size && bytesRead < buffer.length)) {
            return hash.digest("hex");
        }
    }
}
