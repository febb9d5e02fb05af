import type { Knex } from "knex";
import * as gitDeployTables from "./migrations/20260101000000_git_deploy_tables.ts";
import * as accounts from "./migrations/20260301000000_accounts.ts";
import * as deploymentStatistics from "./migrations/20260302000000_deployment_statistics.ts";
import * as deliveriesBySignature from "./migrations/20260303000000_deliveries_by_signature.ts";
import * as trackedEnv from "./migrations/20260304000000_tracked_env.ts";
import * as deploymentsSearch from "./migrations/20260305000000_deployments_search.ts";
import * as largePayloads from "./migrations/20260306000000_large_payloads.ts";

/** In their order, by the names that the ledger of every database has: neither may change. */
const MIGRATIONS = new Map<string, Knex.Migration>([
    ["20260101000000_git_deploy_tables", gitDeployTables],
    ["20260301000000_accounts", accounts],
    ["20260302000000_deployment_statistics", deploymentStatistics],
    ["20260303000000_deliveries_by_signature", deliveriesBySignature],
    ["20260304000000_tracked_env", trackedEnv],
    ["20260305000000_deployments_search", deploymentsSearch],
    ["20260306000000_large_payloads", largePayloads],
]);

/** The migrations that are part of the program. Files beside it are not looked for: a leftover of another version would run. */
export const migrationSource: Knex.MigrationSource<[string, Knex.Migration]> = {
    getMigrations: () => Promise.resolve([...MIGRATIONS]),
    getMigrationName: ([name]) => name,
    getMigration: ([, migration]) => Promise.resolve(migration),
};
