import type { StackInput } from "../../common/schemas.ts";
import type { StackGitFields } from "../../common/views.ts";
import type { Result } from "../../common/wire.ts";
import type { Publisher } from "../domain/ports.ts";

export interface RawRequest {
    method: string;
    /** Path without the query. */
    path: string;
    /** Values of `{name}` parts of the route's path. */
    params: Record<string, string>;
    query: URLSearchParams;
    /** Lower-case names; Node joins duplicates with `, `. */
    headers: Record<string, string | undefined>;
    body: Buffer;
    /** Client address, honouring `X-Forwarded-For` only where the host trusts its proxy. */
    address: string;
    /** `https://host` as the client sees it. */
    origin: string;
}

export interface RawResponse {
    status: number;
    headers?: Record<string, string>;
    body?: string | Buffer | AsyncIterable<string | Buffer>;
}

export type RawHandler = (request: RawRequest) => Promise<RawResponse>;

/** Somebody who is logged in at the host. */
export interface HostUser {
    name: string;
    address: string | null;
    /** `https://host` as the person's browser sees us; left out where it is not known. */
    origin?: string | null;
    /** The connection; joins and leaves of logs are counted per connection. */
    connectionId: string;
}

export interface HostStackSummary {
    name: string;
    /** Dockge's number: 0 unknown, 1 draft, 2 inactive, 3 active, 4 exited. */
    status: number;
    isManaged: boolean;
    composeFileName: string | null;
}

export interface HostStack extends HostStackSummary {
    composeYaml: string;
    env: string;
}

/** The host's own stacks. Names are validated by the host on every call. @throws STACK_NAME_INVALID, STACK_NOT_FOUND */
export interface HostStacks {
    list(): Promise<HostStackSummary[]>;
    get(name: string): Promise<HostStack>;
    /** Creates or changes; without composeYaml a new stack is an empty folder that Git will fill. @throws COMPOSE_INVALID, STACK_BUSY */
    put(name: string, input: StackInput): Promise<{ stack: HostStack; isCreated: boolean }>;
    exists(name: string): Promise<boolean>;
}

/**
 * Where the core runs: our own server or an unmodified Dockge. The core sees nothing of Socket.IO, express or Dockge.
 */
export interface Host extends Publisher {
    readonly paths: { data: string; stacks: string };
    /** `path` may hold `{name}` parts. A body above `maxBytes` is answered 413 before it is read whole. */
    route(method: "GET" | "PUT" | "POST" | "DELETE", path: string, handler: RawHandler, options?: { maxBytes?: number }): void;
    /** Reachable directly and through Dockge's agent envelope; only for clients that are logged in. */
    answer(event: string, handler: (args: unknown[], user: HostUser) => Promise<Result<object>>): void;
    /** Lets a connection take part in `publish(…, {joinedLog})`. */
    joinLog(connectionId: string, deploymentId: string): void;
    leaveLog(connectionId: string, deploymentId: string): void;
    /**
     * One operation per stack, shared with the host's own buttons. Waits its turn; a button pressed meanwhile is told what runs.
     * Not re-entrant.
     */
    exclusive<T>(stack: string, purpose: string, run: () => Promise<T>): Promise<T>;
    readonly stacks: HostStacks;
    /** How the host's stack JSON is extended; asked with the names that are about to be sent. */
    extendStacks(provide: (names: string[]) => Promise<Map<string, StackGitFields>>): void;
    /** Told before the host deletes a stack; the deletion waits for it. */
    onStackDelete(handler: (stack: string) => Promise<void>): void;
    /** The stack list changed outside the host's own buttons. */
    stackChanged(stack: string): void;
    /** What `extendStacks` provides has changed, and nothing of folders or containers. May be told often. */
    listChanged(): void;
    /** Output of an operation, for the host's own progress terminal of that stack. */
    progress(stack: string, text: string): void;
    onClose(stop: () => Promise<void>): void;
}
