import type { BuildType } from "../../../../common/schemas.ts";

/** The way to build that a person has accepted from a test's suggestion. */
export interface ChosenBuild {
    buildType: BuildType;
    composePath: string | null;
    dockerfilePath: string | null;
    script: string | null;
}
