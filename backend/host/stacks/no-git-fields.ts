import type { StackGitFields } from "../../../common/views.ts";

/** Of a stack that follows no repository. */
export const NO_GIT_FIELDS: Readonly<StackGitFields> = { gitRepository: null, buildConfig: null, latestDeployment: null, deploymentHistory: [] };
