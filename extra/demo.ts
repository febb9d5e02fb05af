import { isFinal } from "../common/deployment.ts";
import type { DeploymentDetail } from "../common/views.ts";
import { docker } from "../test/fixtures/engine.ts";
import { pause } from "../test/fixtures/server.ts";
import { openTestBed, type LinkedStack } from "../test/fixtures/test-bed.ts";
import { webService } from "../test/fixtures/web-service.ts";

/**
 * `npm run demo`: the main job before your eyes, with Docker and without internet. A real server in a temporary folder, a real Git server on
 * loopback, a stack that is built and run by the real Engine. Everything is removed at the end.
 */

const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const GREEN = "\u001b[32m";
const RED = "\u001b[31m";
const RESET = "\u001b[0m";

function say(text: string): void {
    console.log(`\n${BOLD}${text}${RESET}`);
}

function tell(text: string): void {
    console.log(`  ${text}`);
}

/** Prints the steps of a run as they begin and end. */
async function watch(stack: LinkedStack, deploymentId: string): Promise<DeploymentDetail> {
    const told = new Set<string>();
    for (;;) {
        const run = await stack.deployment(deploymentId);
        for (const step of run.steps.filter((each) => each.status !== "running" && !told.has(each.id))) {
            told.add(step.id);
            const isGood = step.status === "successful";
            tell(`${isGood ? `${GREEN}✓` : `${RED}✗`}${RESET} ${step.name.padEnd(10)} ${DIM}${step.duration ?? 0} s${RESET}${step.error === null ? "" : `  ${step.error}`}`);
        }
        if (isFinal(run.status)) {
            tell(`The deployment is ${BOLD}${run.status}${RESET}${run.duration === null ? "" : ` after ${run.duration} s`}.`);
            return run;
        }
        await pause(100);
    }
}

async function main(): Promise<void> {
    if ((await docker(["compose", "ls"], { isFailureFine: true })).exitCode !== 0) {
        console.error("The demo needs a running Docker Engine with Compose v2. On Debian, as root: bash extra/set-up-test-host.sh");
        process.exitCode = 1;
        return;
    }
    say("Starting a server in a temporary folder, and a small Git server on loopback");
    const bed = await openTestBed();
    try {
        tell(`server ${bed.server.url}   git ${bed.git.url}`);

        say("Linking a stack to a repository");
        const stack = await bed.link({ purpose: "demo" });
        tell(`stack       ${stack.name}`);
        tell(`repository  ${stack.saved.url} (branch ${stack.saved.branch}, by access token)`);
        tell(`webhook     ${stack.webhookUrl}, signed with a secret of its own`);

        say("git push: the first version");
        const first = await stack.push(webService({ port: stack.port, version: "Hello from version one" }), { message: "Say hello" });
        tell(`commit ${first.sha.slice(0, 7)}; the signed webhook was answered ${first.reply.status} in no time, the work goes on behind it`);
        await watch(stack, first.deploymentId);
        tell(`http://127.0.0.1:${stack.port} says: ${GREEN}${(await stack.served()) ?? "nothing"}${RESET}`);

        say("git push: a version that never becomes healthy");
        const broken = await stack.push(webService({ port: stack.port, version: "Hello from a broken version", isHealthy: false }), { message: "Break it" });
        tell(`commit ${broken.sha.slice(0, 7)}`);
        const ended = await watch(stack, broken.deploymentId);
        tell(`Why: ${ended.error ?? ""}`);
        tell(`http://127.0.0.1:${stack.port} still says: ${GREEN}${(await stack.served()) ?? "nothing"}${RESET}`);

        say("A webhook that somebody forged");
        stack.webhookSecret = "a guess";
        const forged = await stack.tellAbout(first.sha, broken.sha);
        tell(`answered ${forged.status} ${forged.body.code ?? ""}, recorded without its payload, nothing done`);

        say("That is the main job. Removing everything again …");
    } finally {
        await bed.close();
    }
}

await main();
