import { DeployError } from "../../domain/errors.ts";
import type { StackLocks } from "../stacks/exclusive.ts";
import { requireStackName } from "../stacks/stack-name.ts";
import type { StackFiles } from "../stacks/stack-files.ts";
import { SERVICE_EVENTS, STACK_EVENTS, type DockgeAgentSocket, type DockgeEvent, type DockgeServer, type DockgeSocket } from "./dockge-seams.ts";

type GuardedEvent = (typeof STACK_EVENTS)[number] | (typeof SERVICE_EVENTS)[number];

/** What a person is told who presses another button meanwhile. */
const PURPOSES: Record<GuardedEvent, string> = {
    saveStack: "its files are being saved",
    deployStack: "it is being deployed",
    startStack: "it is being started",
    stopStack: "it is being stopped",
    restartStack: "it is being restarted",
    updateStack: "it is being updated",
    downStack: "it is being taken down",
    deleteStack: "it is being deleted",
    startService: "a service of it is being started",
    stopService: "a service of it is being stopped",
    restartService: "a service of it is being restarted",
};

export interface StackGuardsParts {
    server: DockgeServer;
    locks: StackLocks;
    files: StackFiles;
    /** Told before a stack is deleted. */
    beforeDelete: (stack: string) => Promise<void>;
    failure: (thrown: unknown, event: string) => object;
}

type Acknowledge = (answer: unknown) => void;

/**
 * Puts our one-operation-per-stack in front of Dockge's own buttons, and answers where Dockge says nothing: it never acknowledges an
 * operation on a stack that is busy.
 */
export class StackGuards {
    readonly #parts: StackGuardsParts;

    constructor(parts: StackGuardsParts) {
        this.#parts = parts;
    }

    /** Replaces the connection's own events by guarded ones. */
    install(socket: DockgeSocket, agentSocket: DockgeAgentSocket): void {
        for (const event of [...STACK_EVENTS, ...SERVICE_EVENTS]) {
            const original = agentSocket.eventList.get(event);
            if (original !== undefined) {
                agentSocket.on(event, (...args) => this.#call(event, original, socket, args));
            }
        }
    }

    async #call(event: GuardedEvent, original: DockgeEvent, socket: DockgeSocket, args: unknown[]): Promise<void> {
        const last = args.at(-1);
        const [stack] = args;
        if (socket.userID === undefined || typeof stack !== "string" || typeof last !== "function") {
            // Dockge itself says what is wrong with the call.
            await original(...args);
            return;
        }
        const acknowledge = last as Acknowledge;
        const run = async () => await runToItsEnd(original, args.slice(0, -1), acknowledge);
        try {
            requireFolderName(stack);
            if (!isOurs(stack)) {
                await run();
            } else if (event === "deleteStack") {
                await this.#delete(stack, run, acknowledge);
            } else {
                await this.#parts.locks.claim(stack, PURPOSES[event], run);
            }
        } catch (thrown) {
            acknowledge(this.#parts.failure(thrown, event));
        }
    }

    async #delete(stack: string, run: () => Promise<void>, acknowledge: Acknowledge): Promise<void> {
        const { locks, files, server, beforeDelete } = this.#parts;
        locks.refuseIfBusy(stack);
        if (await files.exists(stack)) {
            // Not inside the lock: what is told may wait for a deployment that still has to take its turn.
            await beforeDelete(stack);
        }
        await locks.wait(stack, PURPOSES.deleteStack, async () => {
            if (!(await files.exists(stack)) || (await files.read(stack)).composeFileName !== null) {
                await run();
                return;
            }
            // Dockge would ask Compose to take down a stack that Git has not filled yet, and fail.
            await files.remove(stack);
            acknowledge({ ok: true, msg: "Deleted", msgi18n: true });
            await server.sendStackList();
        });
    }
}

/** Until Dockge has answered and is done. What it does not answer was refused because the stack's terminal is taken. */
async function runToItsEnd(original: DockgeEvent, args: unknown[], acknowledge: Acknowledge): Promise<void> {
    let isAnswered = false;
    await new Promise<void>((resolve, reject) => {
        const answer = (value: unknown) => {
            isAnswered = true;
            acknowledge(value);
            if (!isPromise(running)) {
                resolve();
            }
        };
        let running: unknown = null;
        running = original(...args, answer);
        if (isPromise(running)) {
            running.then(() => resolve(), reject);
        } else if (isAnswered) {
            resolve();
        }
    });
    if (!isAnswered) {
        throw new DeployError("STACK_BUSY", "Another operation is already running on this stack. Try again when that has finished.");
    }
}

function isPromise(value: unknown): value is Promise<unknown> {
    return typeof (value as { then?: unknown } | null)?.then === "function";
}

/** Dockge takes `../..` for a stack. @throws STACK_NAME_INVALID */
function requireFolderName(stack: string): void {
    if (stack === "" || stack === "." || stack === ".." || /[/\\\0]/.test(stack)) {
        throw new DeployError("STACK_NAME_INVALID", "This is not the name of a stack.");
    }
}

/** Dockge also lists folders whose names we refuse; nothing of ours ever happens to them. */
function isOurs(stack: string): boolean {
    try {
        requireStackName(stack);
        return true;
    } catch {
        return false;
    }
}
