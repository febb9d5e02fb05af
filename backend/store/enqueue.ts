import type { Knex } from "knex";
import type { Deployment } from "../domain/entities.ts";
import type { Enqueued } from "../domain/ports.ts";
import { supersededBy } from "../domain/superseded-by.ts";
import { DEPLOYMENTS, newDeploymentRow, type DeploymentMapper } from "./deployment-mapper.ts";
import type { Row } from "./row-mapper.ts";

/** The part that a delivery and every other trigger share: the stack's pending run gives way to the new one. */
export async function enqueueIn(transaction: Knex.Transaction, mapper: DeploymentMapper, deployment: Deployment): Promise<Enqueued> {
    const [superseded] = (await transaction(DEPLOYMENTS)
        .where({ stack_id: deployment.stackId, status: "pending" })
        .update({
            status: "cancelled",
            error_code: "SUPERSEDED",
            error: supersededBy(deployment),
            completed_at: deployment.createdAt,
        })
        .returning("*")) as Row[];
    await transaction(DEPLOYMENTS).insert(newDeploymentRow(mapper, deployment));
    return { deployment, superseded: superseded === undefined ? null : mapper.fromRow(superseded) };
}
