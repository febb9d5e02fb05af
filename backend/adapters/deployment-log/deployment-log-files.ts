import type { StepName } from "../../../common/deployment.ts";
import type { LogInput, LogLevel } from "../../../common/schemas.ts";
import type { LogLine, LogOutline, LogPage } from "../../../common/views.ts";
import type { Clock, DeploymentLogs, DeploymentLogWriter } from "../../domain/ports.ts";
import { Redactor } from "../../domain/redact.ts";
import type { Secret } from "../../domain/secret.ts";
import { formatLines } from "./deployment-log-format.ts";
import type { LogStream } from "./deployment-log-line.ts";
import { logPaths, type LogOwner } from "./deployment-log-paths.ts";
import { pruneLogs } from "./deployment-log-prune.ts";
import { allLines, outlineLog, queryLines, readText, type LineFilter, type LogText } from "./deployment-log-reader.ts";
import { LogSink } from "./deployment-log-sink.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface DeploymentLogFilesOptions {
    /** `<dataDir>/git-deploy/logs` */
    directory: string;
    /** Of one log. Beyond it the middle is left out. */
    maxBytes: number;
    keepDays: number;
    keepLogs: number;
    clock: Clock;
    /** Told after text is in the file, with the byte offset at which it starts, and the number of lines before it where that is known. */
    onAppend: (deploymentId: string, offset: number, text: string, line: number | null) => void;
}

/** A log that is being written. Whoever opens it meanwhile joins in; the last one to close completes it. */
interface OpenLog {
    sink: Promise<LogSink>;
    redactor: Redactor;
    writers: number;
}

/** One append-only file for each deployment: `<directory>/<yyyy-mm>/<deploymentId>.log`. */
export class DeploymentLogFiles implements DeploymentLogs {
    readonly #options: DeploymentLogFilesOptions;
    /** By path. */
    readonly #open = new Map<string, OpenLog>();
    /** Logs being closed, by path: a new writer waits for the mark to be gone. */
    readonly #closing = new Map<string, Promise<void>>();

    constructor(options: DeploymentLogFilesOptions) {
        this.#options = options;
    }

    async open(deployment: LogOwner, secrets: Secret[]): Promise<DeploymentLogWriter> {
        const paths = logPaths(this.#options.directory, deployment);
        await this.#closing.get(paths.log);
        let log = this.#open.get(paths.log);
        if (log === undefined) {
            const { maxBytes, clock, onAppend } = this.#options;
            const sink = LogSink.open({ paths, maxBytes, clock, onAppend: (offset, text, line) => onAppend(deployment.id, offset, text, line) });
            log = { sink, redactor: new Redactor(), writers: 0 };
            this.#open.set(paths.log, log);
        }
        log.redactor.add(secrets);
        log.writers++;
        try {
            return new LogFileWriter(await log.sink, log.redactor, this.#options.clock, async () => await this.#leave(paths.log));
        } catch (error) {
            this.#open.delete(paths.log);
            throw error;
        }
    }

    async read(deployment: LogOwner, offset: number, maxBytes: number): Promise<LogText> {
        return await readText(logPaths(this.#options.directory, deployment), offset, maxBytes);
    }

    async outline(deployment: LogOwner): Promise<LogOutline> {
        return await outlineLog(logPaths(this.#options.directory, deployment));
    }

    async query(deployment: LogOwner, input: LogInput): Promise<LogPage> {
        return await queryLines(logPaths(this.#options.directory, deployment), input);
    }

    lines(deployment: LogOwner, filter: LineFilter): AsyncIterable<LogLine> {
        return allLines(logPaths(this.#options.directory, deployment), filter);
    }

    async prune(now: number): Promise<number> {
        const { directory, keepDays, keepLogs } = this.#options;
        return await pruneLogs(directory, { olderThan: now - keepDays * DAY_MS, keepLogs, isOpen: (file) => this.#open.has(file) });
    }

    async #leave(file: string): Promise<void> {
        const log = this.#open.get(file);
        if (log === undefined) {
            return;
        }
        const sink = await log.sink;
        log.writers--;
        if (log.writers > 0) {
            sink.flush();
            return;
        }
        this.#open.delete(file);
        const closing = sink.close().finally(() => this.#closing.delete(file));
        this.#closing.set(file, closing.catch(() => undefined));
        await closing;
    }
}

class LogFileWriter implements DeploymentLogWriter {
    readonly #sink: LogSink;
    readonly #redactor: Redactor;
    readonly #clock: Clock;
    readonly #leave: () => Promise<void>;
    #isClosed = false;
    #timeMs = -1;
    #time = "";

    constructor(sink: LogSink, redactor: Redactor, clock: Clock, leave: () => Promise<void>) {
        this.#sink = sink;
        this.#redactor = redactor;
        this.#clock = clock;
        this.#leave = leave;
    }

    lines(step: StepName, stream: "out" | "err", text: string): void {
        this.#append(step, stream, null, text);
    }

    note(step: StepName, text: string, level: LogLevel = "info"): void {
        this.#append(step, "note", level, text);
    }

    mask(secrets: Secret[]): void {
        this.#redactor.add(secrets);
    }

    async close(): Promise<void> {
        if (!this.#isClosed) {
            this.#isClosed = true;
            await this.#leave();
        }
    }

    /** What a tool prints after the log was closed (it may take a moment to die) is dropped. */
    #append(step: StepName, stream: LogStream, level: LogLevel | null, text: string): void {
        if (!this.#isClosed) {
            this.#sink.append(formatLines(text, { time: this.#now(), step, stream, level }, (plain) => this.#redactor.redact(plain)), step);
        }
    }

    /** Formatting the time once a millisecond saves a good part of the work of a line. */
    #now(): string {
        const nowMs = this.#clock.now();
        if (nowMs !== this.#timeMs) {
            this.#timeMs = nowMs;
            this.#time = new Date(nowMs).toISOString();
        }
        return this.#time;
    }
}
