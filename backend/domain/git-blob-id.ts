import { createHash } from "node:crypto";

/** Length of an id in hex in the newer of Git's two object formats; the other is SHA-1. */
const SHA256_LENGTH = 64;

/**
 * The id that Git gives a file of this content: the hash of `blob <length>\0` and the bytes.
 * @param like an id of the same repository, whose length tells the object format; default SHA-1
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
 */
export function gitBlobId(content: Buffer | string, like?: string): string {
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
    return createHash(like?.length === SHA256_LENGTH ? "sha256" : "sha1")
        .update(`blob ${bytes.length}\0`)
        .update(bytes)
        .digest("hex");
}
