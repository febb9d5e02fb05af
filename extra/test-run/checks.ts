import { emptyOutcome, type Outcome } from "./outcome.ts";
import { runNpm, say, secondsSince } from "./program.ts";

/** Types and style, each counted as one test. */
export async function runChecks(name: string): Promise<Outcome> {
    const start = performance.now();
    const outcome = emptyOutcome(name);
    for (const script of ["typecheck", "lint"]) {
        const { exitCode, output } = await runNpm(["run", "--silent", script], { isQuiet: true });
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
