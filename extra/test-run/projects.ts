import { MINUTE_MS } from "./program.ts";

export interface Project {
    name: string;
    /** Names of the set-up script's NEED lines without which no test of the project can run. */
    needs: string[];
    timeoutMs: number;
}

export const PROJECTS: Project[] = [
    { name: "unit", needs: [], timeoutMs: 8 * MINUTE_MS },
    { name: "web", needs: [], timeoutMs: 8 * MINUTE_MS },
    { name: "contract", needs: [], timeoutMs: 8 * MINUTE_MS },
    { name: "integration", needs: ["git"], timeoutMs: 12 * MINUTE_MS },
    { name: "e2e", needs: ["engine", "compose", "busybox", "git", "sshd"], timeoutMs: 30 * MINUTE_MS },
    { name: "browser", needs: ["engine", "compose", "busybox", "git", "chromium"], timeoutMs: 10 * MINUTE_MS },
];
