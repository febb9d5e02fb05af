import { inject, onScopeDispose, type InjectionKey, type Ref } from "vue";
import type { PushName, Pushes, Verb, Verbs } from "../../../common/wire.ts";
import type { DockgePushes, DockgeVerb, DockgeVerbs } from "./dockge-wire.ts";

export type AllPushes = Pushes & DockgePushes;
export type AnyPush = PushName | keyof DockgePushes;
/** Dockge pushes several arguments, we push one. */
export type PushHandler<P extends AnyPush> = (...args: AllPushes[P] extends unknown[] ? AllPushes[P] : [AllPushes[P]]) => void;

/**
 * What the Git and Deployments screens need of the world. Our own page gives them a Socket.IO connection of its own,
 * a page of somebody else's gives them its connection.
 */
export interface Server {
    /** `host[:port]` of the agent that is asked; empty for the server that the page came from. Part of every terminal's name. */
    readonly endpoint: string;
    /** False while the connection is away; it comes back by itself. */
    readonly isConnected: Readonly<Ref<boolean>>;
    /** Grows each time the connection is ready for use (again): what was shown may have changed meanwhile. */
    readonly generation: Readonly<Ref<number>>;
    /** @throws ServerError with the code and sentence of the server, `NO_ANSWER` after the time-out */
    call<V extends Verb>(verb: V, ...args: Verbs[V]["args"]): Promise<Verbs[V]["result"] & { msg?: string }>;
    /** Dockge's own events. @throws ServerError */
    dockge<V extends DockgeVerb>(event: V, ...args: DockgeVerbs[V]["args"]): Promise<DockgeVerbs[V]["result"] & { msg?: string }>;
    /** Returns the function that stops listening. */
    on<P extends AnyPush>(push: P, handler: PushHandler<P>): () => void;
}

export const SERVER: InjectionKey<Server> = Symbol("server");

export function useServer(): Server {
    const server = inject(SERVER);
    if (server === undefined) {
        throw new Error("No server was provided above this component.");
    }
    return server;
}

/** Listens as long as the surrounding component or scope lives. */
export function usePush<P extends AnyPush>(server: Server, push: P, handler: PushHandler<P>): void {
    onScopeDispose(server.on(push, handler));
}
