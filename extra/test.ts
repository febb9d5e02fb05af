import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { runChecks } from "./test-run/checks.ts";
import { setUpHost, type Missing } from "./test-run/host.ts";
import { runUnderNode22 } from "./test-run/node-22.ts";
import type { Outcome } from "./test-run/outcome.ts";
import { say } from "./test-run/program.ts";
import { runProject, skipProject } from "./test-run/project.ts";
import { PROJECTS } from "./test-run/projects.ts";

/**
 * `npm test`: sets the machine up, checks types and style, runs every kind of test, and says plainly what did not run.
 * `npm test -- unit web` runs only those projects (and `checks`, `node22` when named).
 * The last line is always `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed.
 */

/** Beside the projects: types and style; the unit tests once more under the Node of Dockge's image. */
const CHECKS = "checks";
const NODE_22_LANE = "node22";

function summarise(outcomes: Outcome[]): number {
    say("\n=== What ran ===");
    for (const { name, passed, failed, skipped, seconds } of outcomes) {
        say(`${name.padEnd(24)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds.toFixed(1)} s)`);
    }
    const notRun = outcomes.flatMap((outcome) => outcome.notRun);
    if (notRun.length > 0) {
        say("\n!!! DID NOT RUN (and does not count as passed) !!!");
        notRun.forEach((line) => say(`  ${line}`));
    }
    const total = (of: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + of(outcome), 0);
    const failed = total((outcome) => outcome.failed);
    say("");
    say(`${total((outcome) => outcome.passed)} passed, ${failed} failed, ${total((outcome) => outcome.skipped)} skipped`);
    return failed === 0 ? 0 : 1;
}

async function main(): Promise<number> {
    const wanted = process.argv.slice(2);
    const all = [CHECKS, ...PROJECTS.map((project) => project.name), NODE_22_LANE];
    const unknown = wanted.filter((name) => !all.includes(name));
    if (unknown.length > 0) {
        say(`There is no ${unknown.join(", ")}. Choose from: ${all.join(", ")}; without a name everything runs.`);
        return 2;
    }
    const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
    const projects = PROJECTS.filter((project) => isWanted(project.name));
    const scratch = await mkdtemp(path.join(os.tmpdir(), "git-deploy-test-"));
    try {
        const outcomes: Outcome[] = [];
        const missing: Missing = projects.some((project) => project.needs.length > 0) ? await setUpHost() : new Map<string, string>();
        if (isWanted(CHECKS)) {
            outcomes.push(await runChecks(CHECKS));
        }
        for (const project of projects) {
            const canRun = project.needs.every((need) => !missing.has(need));
            outcomes.push(canRun ? await runProject(project, process.execPath, project.name, scratch) : await skipProject(project, missing));
        }
        const [unit] = PROJECTS;
        if (unit !== undefined && isWanted(NODE_22_LANE)) {
            outcomes.push(await runUnderNode22(unit, scratch));
        }
        return summarise(outcomes);
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

// Programs run in groups of their own, which an interrupt at the terminal does not reach; leaving ends them.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main();
