import { inject, type InjectionKey } from "vue";
import type { Connection } from "./connection.ts";

/** Only for what the standalone page has beside the Git and Deployments screens. */
export const CONNECTION: InjectionKey<Connection> = Symbol("connection");

export function useConnection(): Connection {
    const connection = inject(CONNECTION);
    if (connection === undefined) {
        throw new Error("No connection was provided above this component.");
    }
    return connection;
}
