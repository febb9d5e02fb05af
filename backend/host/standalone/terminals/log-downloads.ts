import { DeployError } from "../../../domain/errors.ts";
import type { ContainerLogs, Random } from "../../../domain/ports.ts";
import type { TerminalClient } from "./terminal-client.ts";

/** Characters of one answer: few round trips, and still little beside the largest message of a socket. */
const PIECE_LENGTH = 256 * 1024;
const MAX_OPEN_PER_CLIENT = 4;
/** A browser that asks for no more has gone. */
const IDLE_MS = 60_000;

interface Download {
    client: TerminalClient;
    pieces: AsyncIterator<string>;
    stopping: AbortController;
    stopListening: () => void;
    idleTimer: NodeJS.Timeout | undefined;
    /** Read, but more than the last answer could hold. */
    rest: string;
    isBusy: boolean;
}

/** Whole logs of containers, handed out piece by piece as the browser asks for them: however long a log is, only one piece is in memory. */
export class LogDownloads {
    readonly #logs: ContainerLogs;
    readonly #random: Pick<Random, "uuid">;
    readonly #open = new Map<string, Download>();

    constructor(logs: ContainerLogs, random: Pick<Random, "uuid">) {
        this.#logs = logs;
        this.#random = random;
    }

    get size(): number {
        return this.#open.size;
    }

    /** @throws TOO_MANY_REQUESTS */
    open(client: TerminalClient, containerId: string, options: { hasTimestamps: boolean; tail: number | null }): string {
        const isTooMany = [...this.#open.values()].filter((download) => download.client === client).length >= MAX_OPEN_PER_CLIENT;
        if (isTooMany) {
            throw new DeployError("TOO_MANY_REQUESTS", "This page downloads several logs already. Wait for one of them to end.");
        }
        const id = this.#random.uuid();
        const stopping = new AbortController();
        const pieces = this.#logs.read(containerId, { ...options, isFollowed: false, signal: stopping.signal })[Symbol.asyncIterator]();
        const download: Download = { client, pieces, stopping, stopListening: () => undefined, idleTimer: undefined, rest: "", isBusy: false };
        this.#open.set(id, download);
        this.#waitForMore(id, download);
        download.stopListening = client.onLeave(() => this.close(client, id));
        return id;
    }

    /** @returns the next piece; after the last one the download is closed @throws NOT_FOUND, INPUT_INVALID when the former piece is still being read */
    async read(client: TerminalClient, id: string): Promise<{ text: string; isEnd: boolean }> {
        const download = this.#open.get(id);
        if (download === undefined || download.client !== client) {
            throw new DeployError("NOT_FOUND", "This download has ended. Start it again.");
        }
        if (download.isBusy) {
            throw new DeployError("INPUT_INVALID", "Ask for one piece at a time.");
        }
        download.isBusy = true;
        clearTimeout(download.idleTimer);
        try {
            const { text, isEnd } = await nextPiece(download);
            if (isEnd) {
                this.close(client, id);
            } else {
                this.#waitForMore(id, download);
            }
            return { text, isEnd };
        } catch (error) {
            this.close(client, id);
            throw error;
        } finally {
            download.isBusy = false;
        }
    }

    close(client: TerminalClient, id: string): void {
        const download = this.#open.get(id);
        if (download !== undefined && download.client === client) {
            this.#open.delete(id);
            clearTimeout(download.idleTimer);
            download.stopListening();
            download.stopping.abort(new Error("The download was given up."));
            // Runs the reader's own end. It may wait for a piece that the abort has just taken from it.
            download.pieces.return?.().catch(() => undefined);
        }
    }

    closeAll(): void {
        for (const [id, { client }] of this.#open) {
            this.close(client, id);
        }
    }

    #waitForMore(id: string, download: Download): void {
        download.idleTimer = setTimeout(() => this.close(download.client, id), IDLE_MS).unref();
    }
}

async function nextPiece(download: Download): Promise<{ text: string; isEnd: boolean }> {
    let text = download.rest;
    while (text.length < PIECE_LENGTH) {
        const next = await download.pieces.next();
        if (next.done === true) {
            return { text, isEnd: true };
        }
        text += next.value;
    }
    // Not between the two halves of a character.
    const end = /[\ud800-\udbff]/.test(text.charAt(PIECE_LENGTH - 1)) ? PIECE_LENGTH - 1 : PIECE_LENGTH;
    download.rest = text.slice(end);
    return { text: text.slice(0, end), isEnd: false };
}
