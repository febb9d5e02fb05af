import type { AuditLog } from "../../../domain/ports.ts";
import { AUDITED_EVENTS, withAudit } from "../../stacks/button-audit.ts";
import type { Session } from "../session.ts";

type Handler = (args: never, session: Session) => Promise<unknown>;

/** The same handlers, with an entry in the audit log for each button that was pressed. Calls of nobody and wrong arguments never come here. */
export function audited<H extends Record<string, Handler>>(handlers: H, audit: Pick<AuditLog, "append">): H {
    const wrapped: Record<string, Handler> = { ...handlers };
    for (const event of AUDITED_EVENTS) {
        const handler = handlers[event] as ((args: unknown[], session: Session) => Promise<unknown>) | undefined;
        if (handler !== undefined) {
            wrapped[event] = async (args: unknown[], session: Session) => {
                const { name, address } = session.hostUser;
                return await withAudit(audit, { event, args, actor: { kind: "user", name, address } }, () => handler(args, session));
            };
        }
    }
    return wrapped as H;
}
