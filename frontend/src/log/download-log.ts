import { formatLogLine } from "../../../common/log-line.ts";
import type { DeploymentView } from "../../../common/wire.ts";
import type { Server } from "../server/server.ts";

const LINES_AT_ONCE = 5_000;

/** Asks for the whole log, not only for what is kept here, and hands it to the browser as a text file. @throws ServerError */
export async function downloadLog(server: Server, deployment: Pick<DeploymentView, "id" | "stackId" | "commitSha">): Promise<void> {
    const pieces: string[] = [];
    for (let offset = 0; ; ) {
        const page = await server.call("getDeploymentLog", deployment.id, { offset, limit: LINES_AT_ONCE });
        pieces.push(...page.lines.map((line) => `${formatLogLine(line)}\n`));
        if (page.lines.length === 0 || page.nextOffset >= page.size || page.nextOffset <= offset) {
            break;
        }
        offset = page.nextOffset;
    }
    const url = URL.createObjectURL(new Blob(pieces, { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${deployment.stackId}-${deployment.commitSha?.slice(0, 7) ?? deployment.id}.log`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
