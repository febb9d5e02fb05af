/** The server of a hub waits by the same limits for its agents. */
export { timeLimitMs } from "../../../common/time-limits.ts";
