import path from "node:path";
import { MINUTE_MS, run } from "./program.ts";
import { PROJECTS } from "./projects.ts";

/** Name to advice for everything that this machine lacks. */
export type Missing = Map<string, string>;

/** Runs the set-up script and reads what it found. */
export async function setUpHost(): Promise<Missing> {
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
