import type { ApiTokenService } from "../services/api-token-service.ts";
import type { AuditService } from "../services/audit-service.ts";
import type { BuildConfigService } from "../services/build-config-service.ts";
import type { DeployRulesService } from "../services/insight/deploy-rules-service.ts";
import type { DeploymentService } from "../services/deployment-service.ts";
import type { DeploymentStatisticsService } from "../services/insight/deployment-statistics-service.ts";
import type { HealthCheckService } from "../services/insight/health-check-service.ts";
import type { ReleaseComparisonService } from "../services/insight/release-comparison-service.ts";
import type { RemoteStateService } from "../services/insight/remote-state-service.ts";
import type { RepositoryService } from "../services/repository/repository-service.ts";
import type { WebhookEventService } from "../services/webhook-event-service.ts";

/** Everything that sockets and REST offer. */
export interface Services {
    repositories: RepositoryService;
    buildConfigs: BuildConfigService;
    deployments: DeploymentService;
    webhookEvents: WebhookEventService;
    apiTokens: ApiTokenService;
    audit: AuditService;
    comparison: ReleaseComparisonService;
    statistics: DeploymentStatisticsService;
    deployRules: DeployRulesService;
    healthCheck: HealthCheckService;
    remoteState: RemoteStateService;
}
