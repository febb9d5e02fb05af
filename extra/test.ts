import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/**
 * `npm test`: sets the machine up, checks types and style, runs every kind of test, and says plainly what did not run.
 * `npm test -- unit web` runs only those projects (and `checks`, `node22` when named).
 * The last line is always `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed.
 */

const root = path.dirname(import.meta.dirname);
const NODE_22 = "22.23.3";
const MINUTE_MS = 60_000;

interface Project {
    name: string;
    /** Names of the set-up script's NEED lines without which no test of the project can run. */
    needs: string[];
    timeoutMs: number;
}

const PROJECTS: Project[] = [
    { name: "unit", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "web", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "contract", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "integration", needs: ["git"], timeoutMs: 5 * MINUTE_MS },
    { name: "e2e", needs: ["engine", "compose", "busybox", "git", "sshd"], timeoutMs: 12 * MINUTE_MS },
    { name: "browser", needs: ["engine", "compose", "busybox", "git", "chromium"], timeoutMs: 5 * MINUTE_MS },
];
/** Beside the projects: types and style; the unit tests once more under the Node of Dockge's image. */
const CHECKS = "checks";
const NODE_22_LANE = "node22";

/** What one part of the run came to. */
interface Outcome {
    name: string;
    passed: number;
    failed: number;
    skipped: number;
    seconds: number;
    /** What did not run, and how to get it running. */
    notRun: string[];
}

// --- running things -------------------------------------------------------------------------------------------------

interface Finished {
    exitCode: number | null;
    output: string;
    hasTimedOut: boolean;
}

interface RunOptions {
    timeoutMs?: number;
    env?: Record<string, string>;
    /** Show the output at the end in one piece instead of as it comes, for things that run side by side. */
    isQuiet?: boolean;
}

/** Runs a program with its whole process group; the output is shown and kept. */
async function run(file: string, argv: string[], options: RunOptions = {}): Promise<Finished> {
    const child = spawn(file, argv, {
        cwd: root,
        env: { ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
    });
    const kill = () => {
        try {
            process.kill(-(child.pid ?? 0), "SIGKILL");
        } catch {
            // It ended by itself.
        }
    };
    process.once("exit", kill);
    let output = "";
    let hasTimedOut = false;
    const timer = setTimeout(() => {
        hasTimedOut = true;
        kill();
    }, options.timeoutMs ?? 10 * MINUTE_MS);
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
            if (options.isQuiet !== true) {
                process.stdout.write(text);
            }
        });
    }
    const exitCode = await new Promise<number | null>((resolve) => {
        child.once("error", (error) => {
            output += `${file}: ${error.message}\n`;
            resolve(127);
        });
        child.once("close", resolve);
    });
    clearTimeout(timer);
    process.removeListener("exit", kill);
    return { exitCode, output, hasTimedOut };
}

function say(text: string): void {
    process.stdout.write(`${text}\n`);
}

function secondsSince(start: number): number {
    return (performance.now() - start) / 1000;
}

// --- the parts ------------------------------------------------------------------------------------------------------

/** Name to advice for everything that this machine lacks. */
type Missing = Map<string, string>;

async function setUpHost(): Promise<Missing> {
    const { output } = await run("bash", [path.join("extra", "set-up-test-host.sh")], { timeoutMs: 9 * MINUTE_MS });
    const missing: Missing = new Map();
    const known = new Set<string>();
    for (const [, name = "", state, advice = ""] of output.matchAll(/^NEED (\S+) (ok|missing)(?: (.*))?$/gm)) {
        known.add(name);
        if (state === "missing") {
            missing.set(name, advice);
        }
    }
    for (const need of new Set(PROJECTS.flatMap((project) => project.needs))) {
        if (!known.has(need)) {
            missing.set(need, "extra/set-up-test-host.sh ended before it had looked; run it by hand to see why.");
        }
    }
    return missing;
}

/** Types and style, each counted as one test. */
async function runChecks(): Promise<Outcome> {
    const start = performance.now();
    const outcome: Outcome = { name: CHECKS, passed: 0, failed: 0, skipped: 0, seconds: 0, notRun: [] };
    const npm = process.env["npm_execpath"];
    for (const script of ["typecheck", "lint"]) {
        const [file, before] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
        const { exitCode, output } = await run(file, [...before, "run", "--silent", script], { isQuiet: true });
        if (exitCode === 0) {
            outcome.passed += 1;
            say(`${script}: clean`);
        } else {
            outcome.failed += 1;
            say(`${script}: FAILED\n${output}`);
        }
    }
    outcome.seconds = secondsSince(start);
    return outcome;
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
    success: boolean;
    testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");

/** Runs one Vitest project. A run that executed nothing, crashed or hung counts as a failure. */
async function runProject(project: Project, node: string, name: string, scratch: string): Promise<Outcome> {
    const start = performance.now();
    say(`\n=== ${name} ===`);
    const reportFile = path.join(scratch, `${name.replaceAll(/\W+/g, "-")}.json`);
    const { exitCode, hasTimedOut } = await run(
        node,
        [vitest, "run", "--project", project.name, "--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`],
        { timeoutMs: project.timeoutMs, env: { GIT_DEPLOY_TEST_SERVER: "compiled" } },
    );
    const outcome: Outcome = { name, passed: 0, failed: 0, skipped: 0, seconds: secondsSince(start), notRun: [] };
    const report = await readReport(reportFile);
    for (const file of report?.testResults ?? []) {
        for (const { status, fullName } of file.assertionResults) {
            if (status === "passed") {
                outcome.passed += 1;
            } else if (status === "failed") {
                outcome.failed += 1;
            } else {
                outcome.skipped += 1;
                outcome.notRun.push(`${name}: ${fullName}`);
            }
        }
        const hasFailedTest = file.assertionResults.some(({ status }) => status === "failed");
        if (file.status === "failed" && !hasFailedTest) {
            // The file itself could not be loaded, or its set-up failed.
            outcome.failed += 1;
        }
    }
    if (hasTimedOut) {
        say(`${name} did not end within ${project.timeoutMs / MINUTE_MS} minutes and was stopped.`);
        outcome.failed += 1;
    } else if (outcome.failed === 0 && (exitCode !== 0 || report === null)) {
        say(`${name} failed outside of its tests.`);
        outcome.failed += 1;
    } else if (outcome.failed === 0 && outcome.passed === 0) {
        say(`${name} executed no test although everything it needs is there.`);
        outcome.failed += 1;
    }
    return outcome;
}

async function readReport(file: string): Promise<Report | null> {
    try {
        return JSON.parse(await readFile(file, "utf8")) as Report;
    } catch {
        return null;
    }
}

/** Counts the tests of a project that cannot run here. */
async function countTests(project: string): Promise<number> {
    const { output } = await run(process.execPath, [vitest, "list", "--project", project, "--json"], { isQuiet: true, timeoutMs: MINUTE_MS });
    try {
        return (JSON.parse(output.slice(output.indexOf("["))) as unknown[]).length;
    } catch {
        return 1;
    }
}

async function skipProject(project: Project, missing: Missing): Promise<Outcome> {
    const skipped = Math.max(1, await countTests(project.name));
    const reasons = project.needs.filter((need) => missing.has(need)).map((need) => `    ${need} is missing. ${missing.get(need) ?? ""}`);
    return { name: project.name, passed: 0, failed: 0, skipped, seconds: 0, notRun: [`${project.name}: all ${skipped} tests, because\n${reasons.join("\n")}`] };
}

/** The unit tests under the Node of Dockge's image, which comes as an npm package. It is kept outside of the tree. */
async function runUnderNode22(unit: Project, scratch: string): Promise<Outcome> {
    const name = `${unit.name} (Node ${NODE_22})`;
    if (process.version === `v${NODE_22}`) {
        return { name, passed: 0, failed: 0, skipped: 0, seconds: 0, notRun: [`${name}: is the Node of the whole run already`] };
    }
    const folder = path.join(os.tmpdir(), `dockge-git-deploy-node-${NODE_22}-${process.getuid?.() ?? 0}`);
    const node = path.join(folder, "node_modules", "node", "bin", "node");
    if (!existsSync(node)) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const argv = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${NODE_22}`];
        const npm = process.env["npm_execpath"];
        const { output } = await (npm === undefined ? run("npm", argv, { isQuiet: true }) : run(process.execPath, [npm, ...argv], { isQuiet: true, timeoutMs: 3 * MINUTE_MS }));
        if (!existsSync(node)) {
            say(output);
        }
    }
    const version = existsSync(node) ? (await run(node, ["--version"], { isQuiet: true })).output.trim() : "";
    if (version !== `v${NODE_22}`) {
        const skipped = Math.max(1, await countTests(unit.name));
        return { name, passed: 0, failed: 0, skipped, seconds: 0, notRun: [`${name}: all ${skipped} tests, because the npm package node@${NODE_22} could not be installed into ${folder}.`] };
    }
    return await runProject(unit, node, name, scratch);
}

// --- the whole ------------------------------------------------------------------------------------------------------

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
            outcomes.push(await runChecks());
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
