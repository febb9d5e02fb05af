import { stat } from "node:fs/promises";
import { isMissing } from "./safe-files.ts";

/** Of what a symbolic link leads to. */
export async function isFile(target: string): Promise<boolean> {
    return await kindOf(target, (found) => found.isFile());
}

export async function isDirectory(target: string): Promise<boolean> {
    return await kindOf(target, (found) => found.isDirectory());
}

async function kindOf(target: string, is: (found: Awaited<ReturnType<typeof stat>>) => boolean): Promise<boolean> {
    try {
        return is(await stat(target));
    } catch (error) {
        if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ELOOP") {
            return false;
        }
        throw error;
    }
}
