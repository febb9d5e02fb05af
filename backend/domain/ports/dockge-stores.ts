import type { User } from "../entities.ts";
import type { Secret } from "../secret.ts";

/** Dockge's table `setting`. A value is JSON; its keys are unique across all types. */
export interface SettingStore {
    /** The parsed value, or null when there is none. */
    get(key: string): Promise<unknown>;
    /** Without `type` a setting that exists keeps its own. */
    set(key: string, value: unknown, type?: string | null): Promise<void>;
    /** Every setting of one type; what a logged-in browser sees is `general`. */
    getSettings(type: string): Promise<Record<string, unknown>>;
    /** Upserts every key; a key that belongs to another type is left alone. */
    setSettings(type: string, values: Record<string, unknown>): Promise<void>;
    /** Signs login tokens. Dockge keeps it as raw text, not as JSON. */
    jwtSecret(): Promise<Secret | null>;
    setJwtSecret(secret: Secret): Promise<void>;
}

/** Dockge's table `user`. */
export interface UserStore {
    byId(id: number): Promise<User | null>;
    findByName(username: string): Promise<User | null>;
    first(): Promise<User | null>;
    count(): Promise<number>;
    create(user: { username: string; passwordHash: string }): Promise<User>;
    /** Creates the user only when there is none yet, in one statement; null when somebody was faster. */
    createFirst(user: { username: string; passwordHash: string }): Promise<User | null>;
    /** @returns false when there is no such user */
    updatePassword(id: number, passwordHash: string): Promise<boolean>;
}
