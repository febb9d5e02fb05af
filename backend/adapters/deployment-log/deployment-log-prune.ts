import { readdir, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";

interface OldLog {
    file: string;
    changedAt: number;
}

/** Removes logs that nobody has written to since `olderThan`, and the oldest beyond `keepLogs`; never one for which `isOpen`. @returns how many */
export async function pruneLogs(root: string, limits: { olderThan: number; keepLogs: number; isOpen: (file: string) => boolean }): Promise<number> {
    const logs = (await findLogs(root)).sort((a, b) => b.changedAt - a.changedAt);
    const removed = logs.filter((log, index) => (log.changedAt < limits.olderThan || index >= limits.keepLogs) && !limits.isOpen(log.file));
    for (const { file } of removed) {
        const directory = path.dirname(file);
        const belongings = (await readdir(directory)).filter((name) => name.startsWith(path.basename(file)));
        await Promise.all(belongings.map((name) => rm(path.join(directory, name), { recursive: true, force: true })));
    }
    await removeEmpty(root, new Set(removed.map(({ file }) => path.dirname(file))));
    return removed.length;
}

async function findLogs(root: string): Promise<OldLog[]> {
    const logs: OldLog[] = [];
    for (const month of await list(root)) {
        for (const name of await list(path.join(root, month))) {
            if (name.endsWith(".log")) {
                const file = path.join(root, month, name);
                logs.push({ file, changedAt: (await stat(file)).mtimeMs });
            }
        }
    }
    return logs;
}

async function removeEmpty(root: string, directories: ReadonlySet<string>): Promise<void> {
    for (const directory of directories) {
        if (directory !== root && (await list(directory)).length === 0) {
            await rmdir(directory);
        }
    }
}

/** Empty for what is not there or no folder. */
async function list(directory: string): Promise<string[]> {
    try {
        return await readdir(directory);
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") {
            return [];
        }
        throw error;
    }
}
