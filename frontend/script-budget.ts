import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

const KILOBYTE = 1000;

/**
 * Refuses a build whose first load of script has grown too big: the chunks of the named modules with all that they import at once, but not
 * what they load when it is wanted. @param modules ends of file names @param maxKilobytes compressed, as it travels
 */
export function scriptBudget(modules: readonly string[], maxKilobytes: number): Plugin {
    return {
        name: "script-budget",
        apply: "build",
        generateBundle(_options, bundle) {
            const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
            const first = withImports(chunks.filter((chunk) => modules.some((module) => chunk.facadeModuleId?.endsWith(module) ?? false)), chunks);
            if (first.size === 0) {
                this.error(`There is no chunk of ${modules.join(" or ")} to weigh.`);
            }
            const bytes = [...first].reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0);
            const weight = `The first load of script is ${(bytes / KILOBYTE).toFixed(0)} kB compressed, of ${maxKilobytes} at most`;
            if (bytes > maxKilobytes * KILOBYTE) {
                this.error(`${weight}: ${[...first].map((chunk) => chunk.fileName).join(", ")}. Load what is not needed at once when it is wanted.`);
            }
            this.info(`${weight}.`);
        },
    };
}

function withImports(start: readonly Rollup.OutputChunk[], all: readonly Rollup.OutputChunk[]): Set<Rollup.OutputChunk> {
    const found = new Set(start);
    // A set that grows while it is walked: imports of imports as well.
    for (const chunk of found) {
        for (const name of chunk.imports) {
            const imported = all.find((other) => other.fileName === name);
            if (imported !== undefined) {
                found.add(imported);
            }
        }
    }
    return found;
}
