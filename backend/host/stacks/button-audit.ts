import type { Actor } from "../../domain/entities.ts";
import { toDeployError } from "../../domain/errors.ts";
import type { AuditLog } from "../../domain/ports.ts";

/** Dockge's buttons and what they are called in the audit log. The stack is the first argument; single-service ones name the service in the second. */
const ACTIONS: Readonly<Record<string, string>> = {
    saveStack: "stack.save",
    deployStack: "stack.deploy",
    deleteStack: "stack.delete",
    startStack: "stack.start",
    stopStack: "stack.stop",
    restartStack: "stack.restart",
    updateStack: "stack.update",
    downStack: "stack.down",
    buildStack: "stack.build",
    startService: "service.start",
    stopService: "service.stop",
    restartService: "service.restart",
};
/** Refused before anything was touched: a wrong name, a stack that is not there or is busy. */
const REFUSALS: ReadonlySet<number> = new Set([400, 404, 409]);

export const AUDITED_EVENTS: readonly string[] = Object.keys(ACTIONS);

export interface PressedButton {
    event: string;
    args: readonly unknown[];
    actor: Actor;
}

/**
 * Runs what a button does and writes it down: done, or failed with its code, as half of it may have happened.
 * @param failureOf a code when the answer itself says that it failed @throws what `run` throws
 */
export async function withAudit<T>(
    audit: Pick<AuditLog, "append">,
    { event, args, actor }: PressedButton,
    run: () => Promise<T>,
    failureOf: (answer: T) => string | null = () => null,
): Promise<T> {
    const action = ACTIONS[event];
    if (action === undefined) {
        return await run();
    }
    const entry = { actor, action, stackId: String(args[0]), subject: action.startsWith("service.") ? String(args[1]) : null };
    let answer: T;
    try {
        answer = await run();
    } catch (error) {
        const { code, status } = toDeployError(error);
        if (!REFUSALS.has(status)) {
            await audit.append({ ...entry, details: { failed: code } });
        }
        throw error;
    }
    const failed = failureOf(answer);
    await audit.append({ ...entry, details: failed === null ? {} : { failed } });
    return answer;
}
