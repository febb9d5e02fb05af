import type { StepName } from "../../common/deployment.ts";
import type { DeploymentJournal } from "../domain/deployment-journal.ts";
import type { BuildConfig, Deployment, Repository } from "../domain/entities.ts";
import type {
    BuildConfigStore,
    Clock,
    Commands,
    Compose,
    DeploymentLogs,
    DeploymentLogWriter,
    DeploymentStore,
    Docker,
    Git,
    Logger,
    Probe,
    Random,
    ReleaseStore,
    RepositoryStore,
    StackFolder,
    WebhookEventStore,
    WorkDirectories,
} from "../domain/ports.ts";

/** What every step works with. */
export interface PipelineParts {
    git: Git;
    compose: Compose;
    docker: Docker;
    commands: Commands;
    probe: Probe;
    stackFolder: StackFolder;
    workDirectories: WorkDirectories;
    logs: DeploymentLogs;
    repositories: RepositoryStore;
    buildConfigs: BuildConfigStore;
    deployments: DeploymentStore;
    releases: ReleaseStore;
    webhookEvents: WebhookEventStore;
    journal: DeploymentJournal;
    /** One operation per stack, shared with the host's own buttons. */
    exclusive: <T>(stack: string, purpose: string, work: () => Promise<T>) => Promise<T>;
    /** The stack's containers or files changed. */
    stackChanged: (stack: string) => void;
    /** Output of a release, for the host's own progress terminal. */
    progress: (stack: string, text: string) => void;
    clock: Clock;
    random: Random;
    logger: Logger;
}

/** One deployment on its way. */
export interface Run {
    readonly parts: PipelineParts;
    /** As it was written last. */
    deployment: Deployment;
    readonly repository: Repository;
    readonly config: BuildConfig;
    readonly log: DeploymentLogWriter;
    /** Masks the stack's secrets: what a tool said may end in an error that is stored and shown. */
    readonly redact: (text: string) => string;
    /** Ends the build when it aborts; its reason is the DeployError that the run ends with. */
    readonly signal: AbortSignal;
    /** Directories of this run below `work/`. */
    readonly directories: RunDirectories;
}

export interface RunDirectories {
    /** The commit's files: the build context. */
    source: string;
    /** Files of ours that must not get into a build context. */
    plan: string;
    /** An earlier release, written out for a rollback. */
    rollback: string;
}

/** Sends a tool's lines to the deployment's log under one step. */
export function linesTo(run: Pick<Run, "log">, step: StepName): (stream: "out" | "err", text: string) => void {
    return (stream, text) => run.log.lines(step, stream, text);
}
