import { deploymentListInput } from "../../common/schemas.ts";
import type { WaitsFor } from "../../common/views.ts";
import type { Deployment } from "../domain/entities.ts";
import type { Clock, DeploymentStore } from "../domain/ports.ts";

const RUNNING = deploymentListInput.parse({ status: ["building", "deploying"], perPage: 1 });

/** Why a queued deployment has not begun; null for one that is not queued. */
export async function waitsFor(parts: { deployments: Pick<DeploymentStore, "page">; clock: Pick<Clock, "now"> }, deployment: Deployment): Promise<WaitsFor | null> {
    if (deployment.status !== "pending") {
        return null;
    }
    const [running] = (await parts.deployments.page(deployment.stackId, RUNNING)).items;
    if (running !== undefined) {
        return { kind: "deployment", deploymentId: running.id, commitSha: running.commitSha };
    }
    const { notBefore } = deployment;
    return notBefore !== null && notBefore > parts.clock.now() ? { kind: "retry", at: new Date(notBefore).toISOString() } : { kind: "worker" };
}
