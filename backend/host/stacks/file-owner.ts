import { lchown } from "node:fs/promises";
import path from "node:path";
import type { FileOwner } from "../../domain/ports.ts";

/** Gives what is there of these entries of a folder to its owner. Takes root; for everybody else nothing happens. */
export async function giveTo({ uid, gid }: FileOwner, directory: string, names: readonly string[]): Promise<void> {
    await Promise.all(names.map(async (name) => await lchown(path.join(directory, name), uid, gid).catch(ignoreWhereImpossible)));
}

function ignoreWhereImpossible(error: NodeJS.ErrnoException): void {
    if (error.code !== "ENOENT" && error.code !== "EPERM") {
        throw error;
    }
}
