import type Dockerode from "dockerode";
import { setTimeout as delay } from "node:timers/promises";
import { OutputTail } from "../exec-output.ts";
import { PROJECT_LABEL } from "./docker-listing.ts";

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;
/** Not `exec_*` and `top`, which health checks cause every few seconds without any change. */
const EVENTS = ["create", "start", "restart", "stop", "die", "oom", "pause", "unpause", "rename", "update", "destroy", "health_status"];

/**
 * Follows the Engine's events of compose containers until the signal aborts.
 * Calls back with null after each connect, since anything may have happened before it, and once when the connection is lost.
 */
export async function followEvents(docker: Dockerode, onChange: (project: string | null) => void, signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
        try {
            const stream = await docker.getEvents({ filters: { type: ["container"], event: EVENTS, label: [PROJECT_LABEL] }, abortSignal: signal });
            retryMs = FIRST_RETRY_MS;
            onChange(null);
            await readEvents(stream, onChange, signal);
            if (!signal.aborted) {
                onChange(null);
            }
        } catch {
            // The Engine is away: ask again below. Whoever needs it meanwhile gets DOCKER_UNAVAILABLE.
        }
        await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
}

/** Resolves when the stream has ended, for whatever reason. */
async function readEvents(stream: NodeJS.ReadableStream, onChange: (project: string | null) => void, signal: AbortSignal): Promise<void> {
    const lines = new OutputTail(0, (line) => {
        const project = projectIn(line);
        if (project !== null) {
            onChange(project);
        }
    });
    await new Promise<void>((resolve) => {
        const stop = () => {
            (stream as NodeJS.ReadableStream & { destroy?: () => void }).destroy?.();
            resolve();
        };
        signal.addEventListener("abort", stop, { once: true });
        const ended = () => {
            signal.removeEventListener("abort", stop);
            resolve();
        };
        stream.on("data", (chunk: Buffer) => lines.push(chunk));
        stream.once("end", ended).once("close", ended).once("error", ended);
    });
}

/** The compose project that one line of the event stream is about. */
export function projectIn(line: string): string | null {
    try {
        const event = JSON.parse(line) as { Actor?: { Attributes?: Record<string, string> } };
        return event.Actor?.Attributes?.[PROJECT_LABEL] ?? null;
    } catch {
        return null;
    }
}
