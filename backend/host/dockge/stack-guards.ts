import { DeployError } from "../../domain/errors.ts";
import type { AuditLog } from "../../domain/ports.ts";
import type { HostUser } from "../host.ts";
import type { StackLocks } from "../stacks/exclusive.ts";
import { withAudit } from "../stacks/button-audit.ts";
import { isNewStackName, requireStackFolderName } from "../stacks/stack-name.ts";
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
    /** @throws NOT_LOGGED_IN */
    userOf: (socket: DockgeSocket) => Promise<HostUser>;
    audit: Pick<AuditLog, "append">;
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
            requireStackFolderName(stack);
            const { name, address } = await this.#parts.userOf(socket);
            const pressed = { event, args, actor: { kind: "user", name, address } } as const;
            await withAudit(this.#parts.audit, pressed, () => this.#alone(event, stack, run, acknowledge), failureOf);
        } catch (thrown) {
            acknowledge(this.#parts.failure(thrown, event));
        }
    }

    async #alone(event: GuardedEvent, stack: string, run: () => Promise<unknown>, acknowledge: Acknowledge): Promise<unknown> {
        if (!isNewStackName(stack)) {
            // Dockge also lists folders whose names we refuse; nothing of ours ever happens to them.
            return await run();
        }
        return event === "deleteStack" ? await this.#delete(stack, run, acknowledge) : await this.#parts.locks.claim(stack, PURPOSES[event], run);
    }

    async #delete(stack: string, run: () => Promise<unknown>, acknowledge: Acknowledge): Promise<unknown> {
        const { locks, files, server, beforeDelete } = this.#parts;
        locks.refuseIfBusy(stack);
        if (await files.exists(stack)) {
            // Not inside the lock: what is told may wait for a deployment that still has to take its turn.
            await beforeDelete(stack);
        }
        return await locks.wait(stack, PURPOSES.deleteStack, async () => {
            if (!(await files.exists(stack)) || (await files.read(stack)).composeFileName !== null) {
                return await run();
            }
            // Dockge would ask Compose to take down a stack that Git has not filled yet, and fail.
            await files.remove(stack);
            const answer = { ok: true, msg: "Deleted", msgi18n: true };
            acknowledge(answer);
            await server.sendStackList();
            return answer;
        });
    }
}

/** Dockge answers a failure; it does not throw it to us. Its text may hold anything, so it is not kept. */
function failureOf(answer: unknown): string | null {
    return (answer as { ok?: unknown } | null)?.ok === false ? "FAILED" : null;
}

/** Until Dockge has answered and is done. What it does not answer was refused because the stack's terminal is taken. @returns its answer */
async function runToItsEnd(original: DockgeEvent, args: unknown[], acknowledge: Acknowledge): Promise<unknown> {
    let answered: { answer: unknown } | null = null;
    await new Promise<void>((resolve, reject) => {
        const take = (answer: unknown) => {
            answered = { answer };
            acknowledge(answer);
            if (!isPromise(running)) {
                resolve();
            }
        };
        let running: unknown = null;
        running = original(...args, take);
        if (isPromise(running)) {
            running.then(() => resolve(), reject);
        } else if (answered !== null) {
            resolve();
        }
    });
    if (answered === null) {
        throw new DeployError("STACK_BUSY", "Another operation is already running on this stack. Try again when that has finished.");
    }
    return (answered as { answer: unknown }).answer;
}

function isPromise(value: unknown): value is Promise<unknown> {
    return typeof (value as { then?: unknown } | null)?.then === "function";
}
