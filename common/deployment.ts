/** The life of a deployment, shared by the queue, the pipeline and every screen. */

export const DEPLOYMENT_STATUSES = ["pending", "building", "deploying", "successful", "failed", "rolled_back", "cancelled"] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

export const TRIGGERS = ["webhook", "manual", "scheduled", "api"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const STEP_NAMES = ["fetch", "checkout", "pre-build", "build", "post-build", "release", "health", "rollback", "cleanup"] as const;
export type StepName = (typeof STEP_NAMES)[number];

export const STEP_STATUSES = ["running", "successful", "failed", "skipped", "cancelled"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** Which status may follow which. A run that was interrupted while building is run again and stays `building`. */
const NEXT: Record<DeploymentStatus, readonly DeploymentStatus[]> = {
    pending: ["building", "cancelled"],
    building: ["deploying", "failed", "cancelled"],
    deploying: ["successful", "failed", "rolled_back"],
    successful: [],
    failed: [],
    rolled_back: [],
    cancelled: [],
};

export function canTransition(from: DeploymentStatus, to: DeploymentStatus): boolean {
    return NEXT[from].includes(to);
}

export function isFinal(status: DeploymentStatus): boolean {
    return NEXT[status].length === 0;
}

/** A running release is never cancelled: the stack would be left between two versions. */
export function isCancellable(status: DeploymentStatus): boolean {
    return status === "pending" || status === "building";
}

export function isRetryable(status: DeploymentStatus): boolean {
    return status === "failed" || status === "cancelled" || status === "rolled_back";
}
