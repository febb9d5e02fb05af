import { realpath } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Links in there lead elsewhere for each process, and other files hold its environment. */
const PROCESSES = "/proc";

/**
 * Whether a file lies in the data folder, but not in a stack (the stacks folder may lie in there, too), or tells of processes.
 * @param file absolute, or from `~`, which Compose joins with whatever follows: `~../x` lies beside the home folder
 */
export async function isServersOwn(file: string, { dataDirectory, stacksDirectory }: { dataDirectory: string; stacksDirectory: string }): Promise<boolean> {
    const named = file.startsWith("~") ? path.join(os.homedir(), file.slice(1)) : file;
    const plain = path.resolve(named);
    const [data, stacks] = await Promise.all([realPath(path.resolve(dataDirectory)), realPath(path.resolve(stacksDirectory))]);
    const isOwn = (real: string) => isBelow(real, PROCESSES) || (isBelow(real, data) && !(isBelow(stacks, data) && isBelow(real, stacks)));
    // Compose shortens some paths before it opens them, the system none.
    return isBelow(plain, PROCESSES) || (await Promise.all([realPath(plain), realPath(named)])).some(isOwn);
}

/** As far as it exists; what does not is taken as it is written. `..` behind a link is what lies above where the link leads. */
async function realPath(file: string): Promise<string> {
    const parent = path.dirname(file);
    return await realpath(file).catch(async () => (parent === file ? file : path.join(await realPath(parent), path.basename(file))));
}

function isBelow(file: string, folder: string): boolean {
    return file === folder || file.startsWith(`${folder}${path.sep}`);
}
