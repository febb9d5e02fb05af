import type { Logger } from "../../../domain/ports.ts";
import { Coalescer } from "./coalescer.ts";
import type { Session } from "../session.ts";
import { stackListPush, type StackListPush } from "./stack-json.ts";
import type { ListedStack, StackList } from "./stack-list.ts";

/** Docker reports a `compose up` as dozens of events. */
const COALESCE_MS = 100;

/** To several connections in one go, so that it is made into text once. */
export type SendList = (sessions: readonly Session[], push: StackListPush) => void;

/** Keeps the stack list on every logged-in screen right, and is silent while nothing changes. */
export class ListPublisher {
    readonly #list: Pick<StackList, "list" | "verify">;
    readonly #audience: () => Session[];
    readonly #send: SendList;
    readonly #logger: Logger;
    readonly #publication: Coalescer;
    readonly #verification: Coalescer;
    /** The list that each connection has. */
    readonly #sent = new WeakMap<Session, readonly ListedStack[]>();

    constructor(parts: { list: Pick<StackList, "list" | "verify">; audience: () => Session[]; send: SendList; logger: Logger }) {
        this.#list = parts.list;
        this.#audience = parts.audience;
        this.#send = parts.send;
        this.#logger = parts.logger;
        this.#publication = new Coalescer(COALESCE_MS, () => this.#publish());
        this.#verification = new Coalescer(COALESCE_MS, () => this.#verify());
    }

    /** Something may have changed. */
    poke(): void {
        this.#publication.poke();
    }

    /** Nobody has said that anything changed; it is looked at all the same, soon. */
    verify(): void {
        this.#verification.poke();
    }

    /** To one connection, changed or not. Never rejects. */
    async sendTo(session: Session): Promise<void> {
        try {
            const stacks = await this.#list.list();
            if (session.user !== null) {
                this.#tell([session], stacks);
            }
            // What changed while the list was made.
            this.poke();
        } catch (err) {
            this.#logger.error({ err }, "the stack list could not be sent");
        }
    }

    stop(): void {
        this.#publication.stop();
        this.#verification.stop();
    }

    async #verify(): Promise<void> {
        await this.#list.verify();
        await this.#publish();
    }

    async #publish(): Promise<void> {
        if (this.#audience().length === 0) {
            // Whoever logs in is sent the list as it is then.
            return;
        }
        try {
            const stacks = await this.#list.list();
            this.#tell(
                this.#audience().filter((session) => this.#sent.get(session) !== stacks),
                stacks,
            );
        } catch (err) {
            this.#logger.error({ err }, "the stack list could not be sent");
        }
    }

    #tell(sessions: readonly Session[], stacks: readonly ListedStack[]): void {
        for (const endpoint of new Set(sessions.map((session) => session.endpoint))) {
            const those = sessions.filter((session) => session.endpoint === endpoint);
            those.forEach((session) => this.#sent.set(session, stacks));
            this.#send(those, stackListPush(stacks, endpoint));
        }
    }
}
