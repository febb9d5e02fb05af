import { useI18n } from "vue-i18n";
import type { DeployInput } from "../../../common/schemas.ts";
import type { DeploymentView } from "../../../common/views.ts";
import { useServer } from "../server/server.ts";
import { useToasts } from "./use-toasts.ts";

/** What a person can do with deployments. Failures become toasts that stay; success says what was started. */
export function useDeploymentActions() {
    const server = useServer();
    const toasts = useToasts();
    const { t } = useI18n();

    async function attempt(call: () => Promise<{ deployment: DeploymentView }>, done: string): Promise<DeploymentView | null> {
        try {
            const { deployment } = await call();
            toasts.success(done);
            return deployment;
        } catch (thrown) {
            toasts.failure(thrown);
            return null;
        }
    }

    return {
        deploy: (stack: string, input: DeployInput = {}) => attempt(() => server.call("deployFromGit", stack, input), t("deployments.queued")),
        redeploy: (deployment: DeploymentView) =>
            attempt(
                () => server.call("deployFromGit", deployment.stackId, deployment.commitSha === null ? {} : { commitSha: deployment.commitSha }),
                t("deployments.queued"),
            ),
        cancel: (deployment: DeploymentView) => attempt(() => server.call("cancelDeployment", deployment.id), t("deployments.cancelRequested")),
        retry: (deployment: DeploymentView) => attempt(() => server.call("retryDeployment", deployment.id), t("deployments.queued")),
        rollBack: (deployment: DeploymentView) => attempt(() => server.call("rollbackDeployment", deployment.id), t("deployments.rollbackQueued")),
    };
}
