import { realpath } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Whether a file lies in the data folder, but not in a stack: the stacks folder may lie in there, too. @param file absolute, or from `~` */
export async function isServersOwn(file: string, { dataDirectory, stacksDirectory }: { dataDirectory: string; stacksDirectory: string }): Promise<boolean> {
    const [real, data, stacks] = await Promise.all([realPath(file.replace(/^~(?=\/|$)/, os.homedir())), realPath(dataDirectory), realPath(stacksDirectory)]);
    return isBelow(real, data) && !(isBelow(stacks, data) && isBelow(real, stacks));
}

/** As far as it exists; what does not is taken as it is written. */
async function realPath(file: string): Promise<string> {
    const resolved = path.resolve(file);
    const parent = path.dirname(resolved);
    return await realpath(resolved).catch(async () => (parent === resolved ? resolved : path.join(await realPath(parent), path.basename(resolved))));
}

function isBelow(file: string, folder: string): boolean {
    return file === folder || file.startsWith(`${folder}${path.sep}`);
}
