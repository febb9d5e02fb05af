import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { io } from "socket.io-client";
import { pause } from "../../test/fixtures/server.ts";
import { callAgent, useToken, type BenchSocket } from "./servers.ts";

/**
 * The browsers of log-stream.ts, in a process of their own. Each does what the page does: takes what it is sent, notes what was left out, and asks again when it is told
 * that it is behind. Afterwards each reads what was left out, as a page does that is searched, and counts every line.
 * While the build runs a message is only compared with what another watcher got, so that watching costs little more than reading.
 */

export interface WatchOrder {
    url: string;
    token: string;
    sockets: number;
    lines: number;
    /** Before each so many lines the build tells the time. */
    stampEvery: number;
}

export interface WatchReport {
    /** Of each watcher: lines that never came, and lines that came again or out of order. */
    lost: number[];
    repeated: number[];
    /** How old the newest line was that a watcher had, looked at again and again while the build printed. */
    agesMs: number[];
    /** Share of the log that a watcher was not sent while it grew, and read afterwards. */
    leftOut: number;
    /** Times a watcher was told that it is behind. */
    catchUps: number;
    /** While the build ran. */
    cpuSeconds: number;
}

/** What the process is told, and what it answers. */
export type ToWatchers = { watch: string } | { isOver: true };
export type FromWatchers = { isReady: true } | { isJoined: true } | { report: WatchReport };

const QUIET_MS = 500;
const LOOK_EVERY_MS = 20;
const READ_BYTES = 1024 * 1024;
const PUSHED = '2["agent","deploymentLog",';
/** Piece after piece, read once however many watchers it comes to. */
interface Piece {
    offset: number;
    endOffset: number;
    isPlaceKnown: boolean;
    numbers: Uint32Array;
    /** The times that it tells. */
    stampsMs: number[];
}

/** Socket.IO's encoding without its checks, and without decoding pieces of a log, most of which are known already. */
class PlainEncoder {
    encode({ type, data, id }: { type: number; data?: unknown; id?: number }): string[] {
        return [`${type}${id ?? ""}${data === undefined ? "" : JSON.stringify(data)}`];
    }
}

class PieceDecoder extends EventEmitter {
    add(text: string): void {
        if (text.startsWith(PUSHED)) {
            this.emit("decoded", { type: 2, nsp: "/", data: ["piece", text] });
            return;
        }
        const [, type, id, json] = /^(\d)(\d*)(.*)$/s.exec(text) ?? [];
        this.emit("decoded", { type: Number(type), nsp: "/", ...(id === "" ? {} : { id: Number(id) }), data: json === "" ? undefined : (JSON.parse(json ?? "null") as unknown) });
    }

    destroy(): void {
        this.removeAllListeners();
    }
}

/** The build tells the time by /proc/uptime, which a shell reads without starting a program. */
const uptimeOffsetMs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000 - performance.now();

/** By where it begins: all watchers are sent the same. */
const known = new Map<number, { message: string; piece: Piece }>();

/** What was left out is the same for all who kept up: it is read once. */
const readParts = new Map<string, Piece>();

function readPiece(offset: number, text: string, isPlaceKnown = false): Piece {
    const numbers = Array.from(text.matchAll(/\tline (\d+) of this build/g), ([, number]) => Number(number));
    const stampsMs = Array.from(text.matchAll(/\tstamp (\d+\.\d+)\n/g), ([, seconds]) => Number(seconds) * 1000);
    return { offset, endOffset: offset + Buffer.byteLength(text), isPlaceKnown, numbers: Uint32Array.from(numbers), stampsMs };
}

function pushedPiece(message: string, deploymentId: string): Piece | null {
    const before = known.get(offsetOf(message));
    if (before?.message === message) {
        return before.piece;
    }
    const [, , push] = JSON.parse(message.slice(1)) as [string, string, { deploymentId: string; offset: number; text: string; line?: number }];
    if (push.deploymentId !== deploymentId) {
        return null;
    }
    const piece = readPiece(push.offset, push.text, push.line !== undefined);
    known.set(push.offset, { message, piece });
    return piece;
}

function offsetOf(message: string): number {
    const at = message.indexOf('"offset":') + '"offset":'.length;
    return Number(message.slice(at, message.indexOf(",", at)));
}

class Watcher {
    /** When which line was the newest. */
    readonly #looks: { atMs: number; number: number }[] = [];
    catchUps = 0;
    leftOutBytes = 0;
    readonly #socket: BenchSocket;
    readonly #pieces: Piece[] = [];
    readonly #gaps: { offset: number; endOffset: number }[] = [];
    #newestNumber = 0;
    #next = 0;
    #deploymentId = "";
    #isCatchingUp = false;
    #isGapSeen = false;
    #isFed = false;

    constructor(socket: BenchSocket) {
        this.#socket = socket;
        socket.on("piece", (message: string) => {
            const piece = pushedPiece(message, this.#deploymentId);
            if (piece === null) {
                return;
            }
            this.#isFed = piece.endOffset > piece.offset && this.#take(piece);
            if (!this.#isFed) {
                this.#catchUp();
            }
        });
    }

    get offset(): number {
        return this.#next;
    }

    async watch(deploymentId: string): Promise<void> {
        this.#deploymentId = deploymentId;
        await this.#readOn();
    }

    look(lines: number): void {
        if (this.#newestNumber > 0 && this.#newestNumber < lines) {
            this.#looks.push({ atMs: performance.now() + uptimeOffsetMs, number: this.#newestNumber });
        }
    }

    /** When a line was printed stands before it, perhaps in a part that was read afterwards. Rather too old than too young. */
    agesMs(stampEvery: number): number[] {
        const stampsMs = this.#pieces.flatMap((piece) => piece.stampsMs);
        return this.#looks.map(({ atMs, number }) => atMs - (stampsMs[Math.floor((number - 1) / stampEvery)] ?? Number.NaN));
    }

    async readGaps(): Promise<void> {
        for (const { offset, endOffset } of this.#gaps) {
            for (let from = offset; from < endOffset; ) {
                const piece = await this.#readFrom(from, endOffset);
                this.#pieces.push(piece);
                from = piece.endOffset === from ? endOffset : piece.endOffset;
            }
        }
        this.#pieces.sort((a, b) => a.offset - b.offset);
    }

    async #readFrom(offset: number, endOffset: number): Promise<Piece> {
        const range = `${offset} ${endOffset}`;
        const before = readParts.get(range);
        if (before !== undefined) {
            return before;
        }
        const { text } = (await callAgent(this.#socket, "readDeploymentLog", this.#deploymentId, { offset, maxBytes: Math.min(READ_BYTES, endOffset - offset) })) as { ok: boolean; text: string };
        const piece = readPiece(offset, text);
        readParts.set(range, piece);
        return piece;
    }

    /** Every line once and in order, or it is counted. */
    count(lines: number): { lost: number; repeated: number } {
        let expected = 1;
        let lost = 0;
        let repeated = 0;
        for (const number of this.#pieces.flatMap(({ numbers }) => [...numbers])) {
            if (number < expected) {
                repeated += 1;
            } else {
                lost += number - expected;
                expected = number + 1;
            }
        }
        return { lost: lost + lines + 1 - expected, repeated };
    }

    close(): void {
        this.#socket.close();
    }

    #take(piece: Piece): boolean {
        if (piece.offset > this.#next) {
            if (!piece.isPlaceKnown) {
                return false;
            }
            this.#gaps.push({ offset: this.#next, endOffset: piece.offset });
            this.leftOutBytes += piece.offset - this.#next;
            this.#next = piece.offset;
        }
        // What begins before it was in an answer as well. Both end with a line, and a page would cut it there.
        if (piece.endOffset > this.#next) {
            if (piece.offset < this.#next) {
                return false;
            }
            this.#pieces.push(piece);
            this.#next = piece.endOffset;
            this.#newestNumber = piece.numbers.at(-1) ?? this.#newestNumber;
        }
        return true;
    }

    #catchUp(): void {
        if (this.#isCatchingUp) {
            this.#isGapSeen = true;
            return;
        }
        this.#isCatchingUp = true;
        this.catchUps += 1;
        void this.#readOn().finally(() => {
            this.#isCatchingUp = false;
            if (this.#isGapSeen) {
                this.#isGapSeen = false;
                this.#catchUp();
            }
        });
    }

    async #readOn(): Promise<void> {
        for (;;) {
            this.#isFed = false;
            const answer = (await callAgent(this.#socket, "joinDeploymentLog", this.#deploymentId, this.#next)) as { ok: boolean; text: string; offset: number };
            const from = answer.offset - Buffer.byteLength(answer.text);
            this.#take(readPiece(from, answer.text));
            if (answer.text === "" || this.#isFed) {
                return;
            }
        }
    }
}

const order = JSON.parse(process.argv[2] ?? "{}") as WatchOrder;
const watchers: Watcher[] = [];
for (let number = 0; number < order.sockets; number += 1) {
    watchers.push(new Watcher(await useToken(io(order.url, { transports: ["websocket"], forceNew: true, parser: { Encoder: PlainEncoder, Decoder: PieceDecoder } }), order.token)));
}
const answer = (message: FromWatchers): void => void process.send?.(message);
let cpuBefore = process.cpuUsage();
let timer: NodeJS.Timeout | undefined;
process.on("message", (message: ToWatchers) => void ("watch" in message ? join(message.watch) : report()));
answer({ isReady: true });

async function join(deploymentId: string): Promise<void> {
    await Promise.all(watchers.map((watcher) => watcher.watch(deploymentId)));
    cpuBefore = process.cpuUsage();
    timer = setInterval(() => watchers.forEach((watcher) => watcher.look(order.lines)), LOOK_EVERY_MS);
    answer({ isJoined: true });
}

/** The sockets may be behind the build. Whoever gets nothing for a while has lost the rest. */
async function report(): Promise<void> {
    const { lines } = order;
    const reached = (): string => watchers.map(({ offset }) => offset).join();
    for (let before = ""; before !== reached(); ) {
        before = reached();
        await pause(QUIET_MS);
    }
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpuBefore);
    const leftOut = watchers.reduce((share, { leftOutBytes, offset }) => share + leftOutBytes / offset / watchers.length, 0);
    for (const watcher of watchers) {
        await watcher.readGaps();
    }
    const counts = watchers.map((watcher) => watcher.count(lines));
    answer({
        report: {
            lost: counts.map(({ lost }) => lost),
            repeated: counts.map(({ repeated }) => repeated),
            agesMs: watchers.flatMap((watcher) => watcher.agesMs(order.stampEvery)),
            leftOut,
            catchUps: watchers.reduce((sum, { catchUps }) => sum + catchUps, 0),
            cpuSeconds: (user + system) / 1e6,
        },
    });
    watchers.forEach((watcher) => watcher.close());
    process.disconnect();
}
