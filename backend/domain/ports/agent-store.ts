import type { Secret } from "../secret.ts";

/** Another Dockge that this server drives: a row of Dockge's table `agent`. */
export interface Agent {
    id: number;
    url: string;
    username: string;
    /** Null when it was sealed with a key that is no longer there. */
    password: Secret | null;
    /** What people call it; empty when they gave no name. */
    name: string;
}

/** Dockge's table `agent`, which keeps passwords as they are; ours are sealed. */
export interface AgentStore {
    list(): Promise<Agent[]>;
    /** @throws AGENT_EXISTS for a URL that is there already, STORE_UNAVAILABLE when the database is older than agents are */
    add(agent: { url: string; username: string; password: Secret; name: string }): Promise<void>;
    /** @returns false when there is no such agent */
    remove(url: string): Promise<boolean>;
    /** @returns false when there is no such agent */
    rename(url: string, name: string): Promise<boolean>;
    /** Seals what a Dockge has left as plain text. @returns how many */
    sealPasswords(): Promise<number>;
    /** Back to plain text, as Dockge itself needs them. @returns how many; one that does not open stays sealed */
    unsealPasswords(): Promise<number>;
}
