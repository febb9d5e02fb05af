import { mkdir } from "node:fs/promises";
import { DeployError } from "../../domain/errors.ts";

/** @throws INTERNAL, naming the folder and the setting */
export async function makeFolder(directory: string, setting: string): Promise<void> {
    try {
        await mkdir(directory, { recursive: true });
    } catch (cause) {
        const why = (cause as NodeJS.ErrnoException).code ?? "unknown error";
        throw new DeployError("INTERNAL", `The folder ${directory} cannot be made (${why}). Make it yourself, or choose another one with ${setting}.`, { cause });
    }
}
