import type { DeploymentView } from "../../../common/views.ts";
import type { LogStore } from "./log-store.ts";

/** Milliseconds after which a browser has certainly begun to save. */
const RELEASE_AFTER_MS = 1_000;

/** Hands a log that is loaded as a whole to the browser, as a text file with the lines as the server has them. */
export function downloadLog(log: LogStore, deployment: Pick<DeploymentView, "id" | "stackId" | "commitSha">): void {
    const url = URL.createObjectURL(new Blob(log.parts.map(({ block }) => block?.text ?? ""), { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${deployment.stackId}-${deployment.commitSha?.slice(0, 7) ?? deployment.id}.log`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), RELEASE_AFTER_MS);
}
