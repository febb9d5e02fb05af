import type { Vault } from "../domain/ports.ts";
import type { Deployment } from "../domain/entities.ts";
import { RowMapper, type Columns, type Row } from "./row-mapper.ts";

export const DEPLOYMENTS = "deployments";

const COLUMNS: Columns<Deployment> = {
    id: "plain",
    stackId: "plain",
    buildConfigId: "plain",
    repositoryId: "plain",
    kind: "plain",
    commitSha: "plain",
    commitMessage: "plain",
    commitAuthor: "plain",
    branch: "plain",
    tag: "plain",
    beforeSha: "plain",
    mustCheckPaths: "boolean",
    isRebuild: "boolean",
    status: "plain",
    startedAt: "plain",
    completedAt: "plain",
    error: "plain",
    errorCode: "plain",
    triggeredBy: "plain",
    triggeredByUser: "plain",
    previousDeploymentId: "plain",
    releaseId: "plain",
    attempt: "plain",
    notBefore: "plain",
    createdAt: "plain",
};

export type DeploymentMapper = RowMapper<Deployment>;

export function deploymentMapper(vault: Vault): DeploymentMapper {
    return new RowMapper(DEPLOYMENTS, COLUMNS, vault);
}

/** A row for a new deployment, with what is derived from it. */
export function newDeploymentRow(mapper: DeploymentMapper, deployment: Deployment): Row {
    const log = logPath(deployment);
    return { ...mapper.toRow(deployment, deployment.id), build_logs: log, deployment_logs: log, duration: durationSeconds(deployment) };
}

/** Both logs lie in one file below `<dataDir>/git-deploy/`, which the columns name. */
function logPath(deployment: Pick<Deployment, "id" | "createdAt">): string {
    return `logs/${new Date(deployment.createdAt).toISOString().slice(0, 7)}/${deployment.id}.log`;
}

function durationSeconds(deployment: Pick<Deployment, "startedAt" | "completedAt">): number | null {
    return deployment.startedAt === null || deployment.completedAt === null ? null : (deployment.completedAt - deployment.startedAt) / 1000;
}
