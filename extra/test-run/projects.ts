import { MINUTE_MS } from "./program.ts";

export interface Project {
    name: string;
    /** Names of the set-up script's NEED lines without which no test of the project can run. */
    needs: string[];
    timeoutMs: number;
}

export const PROJECTS: Project[] = [
    { name: "unit", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "web", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "contract", needs: [], timeoutMs: 3 * MINUTE_MS },
    { name: "integration", needs: ["git"], timeoutMs: 5 * MINUTE_MS },
    { name: "e2e", needs: ["engine", "compose", "busybox", "git", "sshd"], timeoutMs: 12 * MINUTE_MS },
    { name: "browser", needs: ["engine", "compose", "busybox", "git", "chromium"], timeoutMs: 5 * MINUTE_MS },
];
