import type { Run } from "./run-context.ts";

/**
 * Compose refuses a model whose `env_file: .env` is missing, and takes variables of included files from a `.env`: while it reads the checkout,
 * the stack's own lies in it. It is gone again before anything is built, or it would end in an image.
 */
export async function withStackEnv<T>({ parts, directories }: Run, env: string | null, work: () => Promise<T>): Promise<T> {
    const original = await parts.workDirectories.read(directories.source, ".env");
    try {
        await parts.workDirectories.write(directories.source, ".env", env ?? original ?? "", 0o600);
        return await work();
    } finally {
        if (original === null) {
            await parts.workDirectories.deleteFile(directories.source, ".env");
        } else {
            await parts.workDirectories.write(directories.source, ".env", original, 0o644);
        }
    }
}
