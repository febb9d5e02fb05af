/**
 * What the core needs from the world. `adapters/`, `store/` and `vault/` implement these; only `git-deploy.ts` joins the two.
 * Times are epoch milliseconds, durations milliseconds, unless a name says otherwise.
 */

export type * from "./ports/account-stores.ts";
export type * from "./ports/agent-store.ts";
export type * from "./ports/deployment-logs.ts";
export type * from "./ports/docker.ts";
export type * from "./ports/dockge-stores.ts";
export type * from "./ports/files.ts";
export type * from "./ports/git.ts";
export type * from "./ports/programs.ts";
export type * from "./ports/queue.ts";
export type * from "./ports/secrets.ts";
export type * from "./ports/stores.ts";
export type * from "./ports/system.ts";
export type * from "./ports/terminals.ts";
