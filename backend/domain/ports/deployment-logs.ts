import type { StepName } from "../../../common/deployment.ts";
import type { LogInput, LogLevel } from "../../../common/schemas.ts";
import type { LogLine, LogOutline, LogPage } from "../../../common/views.ts";
import type { Deployment } from "../entities.ts";
import type { Secret } from "../secret.ts";

export interface DeploymentLogWriter {
    /** One line or several, joined by line ends. */
    lines(step: StepName, stream: "out" | "err", text: string): void;
    note(step: StepName, text: string, level?: LogLevel): void;
    /** More values to mask from here on. */
    mask(secrets: Secret[]): void;
    /** Flushes and marks the log complete. */
    close(): Promise<void>;
}

export interface DeploymentLogs {
    /** Appends to the log of the deployment, making it when it is new. Values of `secrets` never reach the file. */
    open(deployment: Pick<Deployment, "id" | "createdAt">, secrets: Secret[]): Promise<DeploymentLogWriter>;
    /** Raw text from a byte offset, cut at a line end. Also what a client that reconnects asks for. */
    read(deployment: Pick<Deployment, "id" | "createdAt">, offset: number, maxBytes: number): Promise<{ text: string; nextOffset: number; size: number; isComplete: boolean }>;
    outline(deployment: Pick<Deployment, "id" | "createdAt">): Promise<LogOutline>;
    query(deployment: Pick<Deployment, "id" | "createdAt">, input: LogInput): Promise<LogPage>;
    /** The whole log as a stream of lines, for the download. */
    lines(deployment: Pick<Deployment, "id" | "createdAt">, filter: Pick<LogInput, "step" | "level" | "q">): AsyncIterable<LogLine>;
    /** Removes logs beyond the configured age and count; returns how many. */
    prune(now: number): Promise<number>;
}
