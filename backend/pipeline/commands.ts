import type { StepName } from "../../common/deployment.ts";
import { linesTo, type Run } from "./run-context.ts";

/** Runs a person's own commands in the checkout, one after the other; the first that fails ends the run. @throws COMMAND_FAILED */
export async function runCommands(run: Run, step: Extract<StepName, "pre-build" | "build" | "post-build">, commands: readonly string[], interpreter: "sh" | "bash"): Promise<void> {
    const { parts, config, deployment, directories, signal } = run;
    for (const text of commands) {
        run.log.note(step, interpreter === "sh" ? `$ ${text}` : "$ bash (the stack's build script)");
        await parts.commands.run(
            { interpreter, text, directory: directories.source, env: commandEnvironment(run), image: config.commandImage, runId: deployment.id },
            { signal, onLines: linesTo(run, step) },
        );
    }
}

function commandEnvironment({ deployment, config }: Run): Record<string, string> {
    return {
        ...Object.fromEntries(config.environmentVariables.map(({ name, value }) => [name, value.reveal()])),
        GIT_DEPLOY: "true",
        GIT_DEPLOY_STACK: deployment.stackId,
        GIT_DEPLOY_DEPLOYMENT: deployment.id,
        GIT_DEPLOY_COMMIT: deployment.commitSha ?? "",
        GIT_DEPLOY_BRANCH: deployment.branch ?? "",
        GIT_DEPLOY_TAG: deployment.tag ?? "",
    };
}
