import type { Socket } from "socket.io-client";

/**
 * All that we use of Dockge's page, and the only file that looks for it: its Vue app, router, root component and socket.
 * Dockge has its own copy of Vue, so nothing here is a component or a vnode of ours.
 */

export interface DockgeRoute {
    readonly fullPath: string;
    readonly path: string;
    readonly params: Readonly<Record<string, string | string[]>>;
    readonly matched: readonly unknown[];
}

/** A component for Dockge's Vue. It draws nothing itself: `$el` is then the comment that Vue leaves in its place. */
export interface PlaceholderComponent {
    inheritAttrs: false;
    render: () => null;
    mounted: (this: { $el: Node }) => void;
    beforeUnmount: () => void;
}

export interface DockgeRouter {
    readonly currentRoute: { readonly value: DockgeRoute };
    isReady(): Promise<void>;
    hasRoute(name: string): boolean;
    addRoute(parent: string, route: { path: string; name: string; component: PlaceholderComponent }): unknown;
    /** Answers with the failure when a guard refused, as Dockge's does for unsaved changes. */
    push(to: string): Promise<unknown>;
    replace(to: string): Promise<unknown>;
    afterEach(done: (to: DockgeRoute, from: DockgeRoute, failure?: unknown) => void): () => void;
}

/** A row of Dockge's list. */
export interface DockgeStack {
    readonly name: string;
    readonly status: number;
    readonly isManagedByDockge: boolean;
}

export interface DockgeRoot {
    readonly loggedIn: boolean;
    /** By `<name>_<endpoint>`. */
    readonly completeStackList: Readonly<Record<string, DockgeStack>>;
    /** By endpoint; the server itself has the empty one. */
    readonly agentList?: Readonly<Record<string, unknown>>;
    readonly agentStatusList?: Readonly<Record<string, string>>;
    getSocket(): Socket;
    $t(key: string): string;
}

export interface DockgePage {
    readonly app: Element;
    readonly router: DockgeRouter;
    readonly root: DockgeRoot;
    readonly socket: Socket;
}

/** The parent of the stack pages: what is below it stands beside Dockge's list. */
export const PARENT_ROUTE = "DashboardHome";

/** What is not there by name, as soon as anything is not. */
export type Found = { page: DockgePage } | { missing: string[] };

type Unknown = Record<string, unknown> | null | undefined;

export function findDockgePage(page: ParentNode): Found {
    const app = page.querySelector("#app");
    const vueApp = (app as { __vue_app__?: { config?: { globalProperties?: { $router?: unknown } } } } | null)?.__vue_app__;
    const router = vueApp?.config?.globalProperties?.$router as Unknown;
    const root = (app as { _vnode?: { component?: { proxy?: unknown } } } | null)?._vnode?.component?.proxy as Unknown;
    const missing = [
        ...lacking(router, "router", ["isReady", "hasRoute", "addRoute", "push", "replace", "afterEach"]),
        ...lacking(root, "root", ["getSocket", "$t"]),
        ...(isObject(router?.["currentRoute"]) ? [] : ["router.currentRoute"]),
        ...(typeof root?.["loggedIn"] === "boolean" ? [] : ["root.loggedIn"]),
        ...(isObject(root?.["completeStackList"]) ? [] : ["root.completeStackList"]),
    ];
    if (app === null || missing.length > 0) {
        return { missing: app === null ? ["#app"] : missing };
    }
    const known = { router: router as unknown as DockgeRouter, root: root as unknown as DockgeRoot };
    if (!known.router.hasRoute(PARENT_ROUTE)) {
        return { missing: [`route ${PARENT_ROUTE}`] };
    }
    const socket = known.root.getSocket();
    const socketMissing = lacking(socket as unknown as Unknown, "socket", ["on", "off", "timeout"]);
    return socketMissing.length > 0 ? { missing: socketMissing } : { page: { app, ...known, socket } };
}

function isObject(value: unknown): boolean {
    return typeof value === "object" && value !== null;
}

function lacking(owner: Unknown, name: string, methods: string[]): string[] {
    return methods.filter((method) => typeof owner?.[method] !== "function").map((method) => `${name}.${method}`);
}
