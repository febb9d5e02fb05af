import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { emptyOutcome, type Outcome } from "./outcome.ts";
import { MINUTE_MS, run, runNpm, say } from "./program.ts";
import { countTests, runProject } from "./project.ts";
import type { Project } from "./projects.ts";

const NODE_22 = "22.23.3";

/** The unit tests under the Node of Dockge's image, which comes as an npm package. It is kept outside of the tree. */
export async function runUnderNode22(unit: Project, scratch: string): Promise<Outcome> {
    const name = `${unit.name} (Node ${NODE_22})`;
    if (process.version === `v${NODE_22}`) {
        return { ...emptyOutcome(name), notRun: [`${name}: is the Node of the whole run already`] };
    }
    const folder = path.join(os.tmpdir(), `dockge-git-deploy-node-${NODE_22}-${process.getuid?.() ?? 0}`);
    const node = path.join(folder, "node_modules", "node", "bin", "node");
    if (!existsSync(node)) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const argv = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${NODE_22}`];
        const { output } = await runNpm(argv, { isQuiet: true, timeoutMs: 3 * MINUTE_MS });
        if (!existsSync(node)) {
            say(output);
        }
    }
    const version = existsSync(node) ? (await run(node, ["--version"], { isQuiet: true })).output.trim() : "";
    if (version !== `v${NODE_22}`) {
        const skipped = Math.max(1, await countTests(unit.name));
        return { ...emptyOutcome(name), skipped, notRun: [`${name}: all ${skipped} tests, because the npm package node@${NODE_22} could not be installed into ${folder}.`] };
    }
    return await runProject(unit, node, name, scratch);
}
