import { inject, type InjectionKey, type Ref } from "vue";
import type { Link } from "./agent-server.ts";
import type { DockgePage } from "./dockge-page.ts";

/** The page that we are in, and its connection. */
export interface Surroundings {
    readonly page: DockgePage;
    readonly link: Link;
}

export const DOCKGE: InjectionKey<Surroundings> = Symbol("dockge");
export const IS_SHOWN: InjectionKey<Readonly<Ref<boolean>>> = Symbol("is shown");

export function useDockge(): Surroundings {
    const surroundings = inject(DOCKGE);
    if (surroundings === undefined) {
        throw new Error("No page of Dockge was provided above this component.");
    }
    return surroundings;
}
