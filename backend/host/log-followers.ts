import type { Pushes } from "../../common/wire.ts";

export type LogPiece = Pushes["deploymentLog"];

/** Characters that may wait for a connection's network before it counts as far behind; what is on its way already may be as much again. */
export const MAX_WAITING_LOG_LENGTH = 1024 * 1024;
/** Of one log at once: what a tool prints in one go is sent whole. */
const BURST_LENGTH = 128 * 1024;
/** Of one log for each turn, when it goes on like that: about 6,000 lines a second, many times what a person can follow. */
const TURN_LENGTH = 32 * 1024;
const TURN_MS = 50;

interface Follower<Connection> {
    connection: Connection;
    /** It was told that it is behind, and is sent nothing until it joins again. */
    isBehind: boolean;
}

interface FollowedLog<Connection> {
    /** By connection. */
    followers: Map<string, Follower<Connection>>;
    /** Characters that may still be sent in this turn; each turn adds some. */
    lengthLeft: number;
    /** The newest piece that had no room in this turn. */
    skipped: LogPiece | null;
    /** Ends the turn; undefined while a whole burst may be sent. */
    timer: NodeJS.Timeout | undefined;
}

/**
 * Sends what is written to a deployment's log to those who follow it, so that neither their number nor their networks slow the build down or fill the memory.
 * A piece goes to all of them at once, to be encoded once. A log that is written faster than anybody reads is sent in part, the newest lines of each turn;
 * a connection whose network is slower still is told so once. What is left out can be read from the file, where all of it is.
 */
export class LogFollowers<Connection extends { readonly id: string }> {
    readonly #isFarBehind: (connection: Connection) => boolean;
    readonly #send: (connections: readonly Connection[], piece: LogPiece) => void;
    /** By deployment. */
    readonly #logs = new Map<string, FollowedLog<Connection>>();
    readonly #connections = new Set<string>();

    constructor(parts: { isFarBehind: (connection: Connection) => boolean; send: (connections: readonly Connection[], piece: LogPiece) => void }) {
        this.#isFarBehind = parts.isFarBehind;
        this.#send = parts.send;
    }

    /** From now on the connection is sent what is written. @returns true when it is new here: `leaveAll` has to be called for it */
    join(connection: Connection, deploymentId: string): boolean {
        const log = this.#logs.get(deploymentId) ?? { followers: new Map<string, Follower<Connection>>(), lengthLeft: BURST_LENGTH, skipped: null, timer: undefined };
        log.followers.set(connection.id, { connection, isBehind: false });
        this.#logs.set(deploymentId, log);
        const isNew = !this.#connections.has(connection.id);
        this.#connections.add(connection.id);
        return isNew;
    }

    leave(connectionId: string, deploymentId: string): void {
        const log = this.#logs.get(deploymentId);
        log?.followers.delete(connectionId);
        if (log?.followers.size === 0) {
            clearTimeout(log.timer);
            this.#logs.delete(deploymentId);
        }
    }

    /** The connection has gone, or nobody is logged in on it any more. */
    leaveAll(connectionId: string): void {
        this.#connections.delete(connectionId);
        [...this.#logs.keys()].forEach((deploymentId) => this.leave(connectionId, deploymentId));
    }

    publish(piece: LogPiece): void {
        const log = this.#logs.get(piece.deploymentId);
        if (log === undefined) {
            return;
        }
        if (piece.text.length > log.lengthLeft) {
            log.skipped = piece;
        } else {
            this.#deliver(log, piece);
        }
        log.timer ??= this.#startTurn(log);
    }

    #startTurn(log: FollowedLog<Connection>): NodeJS.Timeout {
        return setTimeout(() => {
            const { skipped } = log;
            log.lengthLeft = Math.min(BURST_LENGTH, log.lengthLeft + TURN_LENGTH);
            if (skipped !== null) {
                this.#deliver(log, endOf(skipped, log.lengthLeft));
            }
            log.timer = log.lengthLeft < BURST_LENGTH ? this.#startTurn(log) : undefined;
        }, TURN_MS).unref();
    }

    #deliver(log: FollowedLog<Connection>, piece: LogPiece): void {
        const followers = [...log.followers.values()].filter(({ isBehind }) => !isBehind);
        const slow = followers.filter(({ connection }) => this.#isFarBehind(connection));
        const quick = followers.filter((follower) => !slow.includes(follower));
        log.skipped = null;
        log.lengthLeft = Math.max(0, log.lengthLeft - piece.text.length);
        slow.forEach((follower) => (follower.isBehind = true));
        if (quick.length > 0) {
            this.#send(quick.map(({ connection }) => connection), piece);
        }
        if (slow.length > 0) {
            this.#send(slow.map(({ connection }) => connection), { deploymentId: piece.deploymentId, offset: piece.offset + Buffer.byteLength(piece.text), text: "" });
        }
    }
}

/** The last lines of a piece, as many as have room; all of it when it is a single line. */
function endOf(piece: LogPiece, maxLength: number): LogPiece {
    const start = piece.text.length <= maxLength ? 0 : piece.text.indexOf("\n", piece.text.length - maxLength - 1) + 1;
    if (start === 0 || start === piece.text.length) {
        return piece;
    }
    const before = piece.text.slice(0, start);
    return {
        ...piece,
        offset: piece.offset + Buffer.byteLength(before),
        text: piece.text.slice(start),
        ...(piece.line === undefined ? {} : { line: piece.line + before.split("\n").length - 1 }),
    };
}
