import type { Actor } from "../../domain/entities.ts";
import { toDeployError } from "../../domain/errors.ts";
import type { AuditLog } from "../../domain/ports.ts";
import type { Session } from "./session.ts";

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
const WITH_SERVICE: ReadonlySet<string> = new Set(["startService", "stopService", "restartService"]);

type Handler = (args: never, session: Session) => Promise<unknown>;

/**
 * The same handlers, with an entry in the audit log for each button that was pressed: done, or failed with its code, as half of it may have happened.
 * Calls of nobody and wrong arguments never come here.
 */
export function audited<H extends Record<string, Handler>>(handlers: H, audit: Pick<AuditLog, "append">): H {
    const wrapped: Record<string, Handler> = { ...handlers };
    for (const [event, action] of Object.entries(ACTIONS)) {
        const handler = handlers[event] as ((args: unknown[], session: Session) => Promise<unknown>) | undefined;
        if (handler === undefined) {
            continue;
        }
        wrapped[event] = async (args: unknown[], session: Session) => {
            const entry = { actor: actorOf(session), action, stackId: String(args[0]), subject: WITH_SERVICE.has(event) ? String(args[1]) : null };
            let answer: unknown;
            try {
                answer = await handler(args, session);
            } catch (error) {
                const { code, status } = toDeployError(error);
                if (!REFUSALS.has(status)) {
                    await audit.append({ ...entry, details: { failed: code } });
                }
                throw error;
            }
            await audit.append({ ...entry, details: {} });
            return answer;
        };
    }
    return wrapped as H;
}

function actorOf(session: Session): Actor {
    const { name, address } = session.hostUser;
    return { kind: "user", name, address };
}
