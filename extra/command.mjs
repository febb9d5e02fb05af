import { existsSync } from "node:fs";

/**
 * `node extra/command.mjs <name> …`: one of the command line programs beside this file. In a checkout it runs from its source; an
 * installed image has only the compiled ones, and needs neither compiler nor sources.
 */

const [name = ""] = process.argv.splice(2, 1);
const source = new URL(`${name}.ts`, import.meta.url);
if (existsSync(source)) {
    (await import("tsx/esm/api")).register();
    await import(source.href);
} else {
    await import(new URL(`../dist/backend/${name}.js`, import.meta.url).href);
}
