import type { Logger } from "../../../domain/ports.ts";
import { Coalescer } from "./coalescer.ts";
import type { Session } from "../session.ts";
import { stackListPush } from "./stack-json.ts";
import type { StackList } from "./stack-list.ts";

/** Docker reports a `compose up` as dozens of events. */
const COALESCE_MS = 100;

/** Keeps the stack list on every logged-in screen right, and is silent while nothing changes. */
export class ListPublisher {
    readonly #list: StackList;
    readonly #audience: () => Session[];
    readonly #logger: Logger;
    readonly #coalescer: Coalescer;
    #lastSent = "";

    constructor(parts: { list: StackList; audience: () => Session[]; logger: Logger }) {
        this.#list = parts.list;
        this.#audience = parts.audience;
        this.#logger = parts.logger;
        this.#coalescer = new Coalescer(COALESCE_MS, () => this.#publish());
    }

    /** Something may have changed. */
    poke(): void {
        this.#coalescer.poke();
    }

    /** To one connection, changed or not. Never rejects. */
    async sendTo(session: Session): Promise<void> {
        try {
            const stacks = await this.#list.list();
            if (session.user !== null) {
                session.pushAgent("stackList", stackListPush(stacks, session.endpoint));
            }
        } catch (err) {
            this.#logger.error({ err }, "the stack list could not be sent");
        }
    }

    stop(): void {
        this.#coalescer.stop();
    }

    async #publish(): Promise<void> {
        if (this.#audience().length === 0) {
            // Whoever logs in is sent the list as it is then. What was sent last says nothing about what that one got.
            this.#lastSent = "";
            return;
        }
        try {
            const stacks = await this.#list.list();
            const text = JSON.stringify(stacks);
            if (text === this.#lastSent) {
                return;
            }
            this.#lastSent = text;
            for (const session of this.#audience()) {
                session.pushAgent("stackList", stackListPush(stacks, session.endpoint));
            }
        } catch (err) {
            this.#logger.error({ err }, "the stack list could not be sent");
        }
    }
}
