import type { Knex } from "knex";
import type {
    AccountSecurityStore,
    AgentStore,
    ApiTokenStore,
    AuditLog,
    BuildConfigStore,
    Clock,
    DeploymentStatisticsStore,
    DeploymentStore,
    LoginSessionStore,
    Random,
    ReleaseStore,
    RepositoryStore,
    SettingStore,
    UserStore,
    Vault,
    WebhookEventStore,
} from "../domain/ports.ts";
import { SqliteAccountSecurityStore } from "./account-security-store.ts";
import { SqliteAgentStore } from "./agent-store.ts";
import { SqliteApiTokenStore } from "./api-token-store.ts";
import { SqliteAuditLog } from "./audit-log.ts";
import { Beans } from "./beans.ts";
import { SqliteBuildConfigStore } from "./build-config-store.ts";
import { SqliteDeploymentStatistics } from "./deployment-statistics.ts";
import { SqliteDeploymentStore } from "./deployment-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { SqliteLoginSessionStore } from "./login-session-store.ts";
import { SqliteReleaseStore } from "./release-store.ts";
import { SqliteRepositoryStore } from "./repository-store.ts";
import { SqliteSettingStore } from "./setting-store.ts";
import { withStoreErrors } from "./store-errors.ts";
import { SqliteUserStore } from "./user-store.ts";
import { SqliteWebhookEventStore } from "./webhook-event-store.ts";
import { WebhookTargets } from "./webhook-targets.ts";

export interface Stores {
    repositories: RepositoryStore;
    buildConfigs: BuildConfigStore;
    deployments: DeploymentStore;
    deploymentStatistics: DeploymentStatisticsStore;
    releases: ReleaseStore;
    webhookEvents: WebhookEventStore;
    apiTokens: ApiTokenStore;
    audit: AuditLog;
    settings: SettingStore;
    users: UserStore;
    agents: AgentStore;
    loginSessions: LoginSessionStore;
    accountSecurity: AccountSecurityStore;
}

/** Every store over one migrated database. */
export function createStores(parts: { knex: Knex; vault: Vault; clock: Clock; random: Random }): Stores {
    const { knex, vault, clock, random } = parts;
    const beans = new Beans(knex);
    const writes = new GroupCommit(knex);
    const targets = new WebhookTargets();
    return {
        repositories: withStoreErrors<RepositoryStore>(new SqliteRepositoryStore({ knex, writes, beans, vault, random, targets })),
        buildConfigs: withStoreErrors<BuildConfigStore>(new SqliteBuildConfigStore({ knex, beans, vault, random, targets })),
        deploymentStatistics: withStoreErrors<DeploymentStatisticsStore>(new SqliteDeploymentStatistics(knex)),
        deployments: withStoreErrors<DeploymentStore>(new SqliteDeploymentStore(knex, vault)),
        releases: withStoreErrors<ReleaseStore>(new SqliteReleaseStore(knex, vault)),
        webhookEvents: withStoreErrors<WebhookEventStore>(new SqliteWebhookEventStore({ knex, vault, targets, clock, random })),
        apiTokens: withStoreErrors<ApiTokenStore>(new SqliteApiTokenStore(knex, beans)),
        audit: withStoreErrors<AuditLog>(new SqliteAuditLog(knex, clock, random, writes)),
        settings: withStoreErrors<SettingStore>(new SqliteSettingStore(beans)),
        users: withStoreErrors<UserStore>(new SqliteUserStore(knex, beans)),
        agents: withStoreErrors<AgentStore>(new SqliteAgentStore(knex, vault)),
        loginSessions: withStoreErrors<LoginSessionStore>(new SqliteLoginSessionStore(knex)),
        accountSecurity: withStoreErrors<AccountSecurityStore>(new SqliteAccountSecurityStore({ knex, vault, random })),
    };
}
