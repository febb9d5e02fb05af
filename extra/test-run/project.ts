import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Missing } from "./host.ts";
import { emptyOutcome, type Outcome } from "./outcome.ts";
import { MINUTE_MS, root, run, say, secondsSince } from "./program.ts";
import type { Project } from "./projects.ts";

/** The part of Vitest's JSON report that is read here. */
interface Report {
    success: boolean;
    testResults: { name: string; status: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");

/** Runs one Vitest project. A run that executed nothing, crashed or hung counts as a failure. */
export async function runProject(project: Project, node: string, name: string, scratch: string): Promise<Outcome> {
    const start = performance.now();
    say(`\n=== ${name} ===`);
    const reportFile = path.join(scratch, `${name.replaceAll(/\W+/g, "-")}.json`);
    const { exitCode, hasTimedOut } = await run(
        node,
        [vitest, "run", "--project", project.name, "--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`],
        { timeoutMs: project.timeoutMs, env: { GIT_DEPLOY_TEST_SERVER: "compiled" } },
    );
    const outcome = { ...emptyOutcome(name), seconds: secondsSince(start) };
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
export async function countTests(project: string): Promise<number> {
    const { output } = await run(process.execPath, [vitest, "list", "--project", project, "--json"], { isQuiet: true, timeoutMs: MINUTE_MS });
    try {
        return (JSON.parse(output.slice(output.indexOf("["))) as unknown[]).length;
    } catch {
        return 1;
    }
}

export async function skipProject(project: Project, missing: Missing): Promise<Outcome> {
    const skipped = Math.max(1, await countTests(project.name));
    const reasons = project.needs.filter((need) => missing.has(need)).map((need) => `    ${need} is missing. ${missing.get(need) ?? ""}`);
    return { ...emptyOutcome(project.name), skipped, notRun: [`${project.name}: all ${skipped} tests, because\n${reasons.join("\n")}`] };
}
