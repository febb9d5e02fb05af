import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ignore } from "../open-folder.ts";

/**
 * Removes the backups of deployments that overwrote files before `olderThan` (epoch ms).
 * @returns how many deployments' backups were removed
 */
export async function pruneBackups(backupsDirectory: string, olderThan: number): Promise<number> {
    const names = (await readdir(backupsDirectory).catch(ignore("ENOENT"))) ?? [];
    let removed = 0;
    for (const name of names) {
        const directory = path.join(backupsDirectory, name);
        const stats = await stat(directory).catch(ignore("ENOENT"));
        if (stats !== undefined && stats.mtimeMs < olderThan) {
            await rm(directory, { recursive: true, force: true });
            removed++;
        }
    }
    return removed;
}
