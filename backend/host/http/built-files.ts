import { existsSync } from "node:fs";
import path from "node:path";

/** `dist/<name>` of the program, whether it runs compiled (below dist/) or from its sources. */
export function builtFiles(name: string): string {
    let directory = import.meta.dirname;
    while (!existsSync(path.join(directory, "package.json")) && path.dirname(directory) !== directory) {
        directory = path.dirname(directory);
    }
    return path.join(directory, "dist", name);
}
