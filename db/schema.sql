-- Generated from db/migrations by `npm run db:schema`. Do not edit.

CREATE TABLE `git_deploy_migrations` (`id` integer not null primary key autoincrement, `name` varchar(255), `batch` integer, `migration_time` datetime);

CREATE TABLE `git_deploy_migrations_lock` (`index` integer not null primary key autoincrement, `is_locked` integer);

CREATE TABLE git_repositories (
    id TEXT NOT NULL PRIMARY KEY,
    stack_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    branch TEXT NOT NULL,
    auth_type TEXT NOT NULL CHECK (auth_type IN ('none', 'ssh_key', 'http_token')),
    credentials TEXT NOT NULL,
    provider TEXT NOT NULL,
    webhook_secret TEXT NOT NULL,
    previous_webhook_secret TEXT,
    previous_secret_valid_until INTEGER,
    webhook_signing_token TEXT,
    webhook_url TEXT NOT NULL,
    auto_sync INTEGER NOT NULL,
    sync_interval INTEGER NOT NULL,
    sync_cron TEXT,
    fetch_submodules INTEGER NOT NULL,
    fetch_lfs INTEGER NOT NULL,
    last_synced_at INTEGER,
    last_synced_commit TEXT,
    auto_deploy_paused_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

CREATE TABLE ssh_keys (
    id TEXT NOT NULL PRIMARY KEY,
    repository_id TEXT NOT NULL UNIQUE REFERENCES git_repositories (id) ON DELETE CASCADE,
    type TEXT,
    public_key TEXT,
    fingerprint TEXT,
    private_key TEXT,
    created_at INTEGER NOT NULL
);

CREATE TABLE synced_refs (
    repository_id TEXT NOT NULL REFERENCES git_repositories (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    PRIMARY KEY (repository_id, ref)
) WITHOUT ROWID;

CREATE TABLE build_configs (
    id TEXT NOT NULL PRIMARY KEY,
    stack_id TEXT NOT NULL UNIQUE,
    repository_id TEXT NOT NULL REFERENCES git_repositories (id) ON DELETE CASCADE,
    build_type TEXT NOT NULL CHECK (build_type IN ('compose_build', 'docker_build', 'compose_only', 'script')),
    dockerfile_path TEXT,
    compose_path TEXT,
    pre_build_commands TEXT NOT NULL,
    post_build_commands TEXT NOT NULL,
    script TEXT,
    command_image TEXT,
    timeout INTEGER NOT NULL,
    auto_deploy_on_push INTEGER NOT NULL,
    auto_deploy_branches TEXT NOT NULL,
    auto_deploy_tags TEXT NOT NULL,
    include_paths TEXT NOT NULL,
    exclude_paths TEXT NOT NULL,
    health_check_path TEXT,
    health_check_timeout INTEGER NOT NULL,
    settle_time INTEGER NOT NULL,
    rollback_on_failure INTEGER NOT NULL,
    cancel_superseded_builds INTEGER NOT NULL,
    keep_releases INTEGER NOT NULL,
    max_retries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

CREATE INDEX build_configs_repository ON build_configs (repository_id);

CREATE TABLE build_args (
    id TEXT NOT NULL PRIMARY KEY,
    build_config_id TEXT NOT NULL REFERENCES build_configs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL
);

CREATE UNIQUE INDEX build_args_position ON build_args (build_config_id, position);

CREATE TABLE env_vars (
    id TEXT NOT NULL PRIMARY KEY,
    build_config_id TEXT NOT NULL REFERENCES build_configs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    secret INTEGER NOT NULL
);

CREATE UNIQUE INDEX env_vars_position ON env_vars (build_config_id, position);

CREATE TABLE deployments (
    id TEXT NOT NULL PRIMARY KEY,
    stack_id TEXT NOT NULL,
    build_config_id TEXT,
    repository_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('deploy', 'rollback')),
    commit_sha TEXT,
    commit_message TEXT,
    commit_author TEXT,
    branch TEXT,
    tag TEXT,
    before_sha TEXT,
    must_check_paths INTEGER NOT NULL,
    is_rebuild INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'building', 'deploying', 'successful', 'failed', 'rolled_back', 'cancelled')),
    started_at INTEGER,
    completed_at INTEGER,
    duration REAL,
    build_logs TEXT,
    deployment_logs TEXT,
    error TEXT,
    error_code TEXT,
    triggered_by TEXT NOT NULL CHECK (triggered_by IN ('webhook', 'manual', 'scheduled', 'api')),
    triggered_by_user TEXT,
    previous_deployment_id TEXT,
    release_id TEXT,
    attempt INTEGER NOT NULL,
    not_before INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    created_at INTEGER NOT NULL
);

CREATE UNIQUE INDEX deployments_one_pending ON deployments (stack_id) WHERE status = 'pending';

CREATE UNIQUE INDEX deployments_one_running ON deployments (stack_id) WHERE status IN ('building', 'deploying');

CREATE INDEX deployments_open ON deployments (status, created_at) WHERE status IN ('pending', 'building', 'deploying');

CREATE INDEX deployments_history ON deployments (stack_id, created_at);

CREATE INDEX deployments_history_by_branch ON deployments (stack_id, branch, created_at);

CREATE INDEX deployments_history_by_status ON deployments (stack_id, status, created_at);

CREATE INDEX deployments_history_by_trigger ON deployments (stack_id, triggered_by, created_at);

CREATE INDEX deployments_status ON deployments (status);

CREATE TABLE deployment_steps (
    id TEXT NOT NULL PRIMARY KEY,
    deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'successful', 'failed', 'skipped', 'cancelled')),
    started_at INTEGER NOT NULL,
    completed_at INTEGER,
    error TEXT
);

CREATE INDEX deployment_steps_deployment ON deployment_steps (deployment_id, started_at);

CREATE TABLE releases (
    id TEXT NOT NULL PRIMARY KEY,
    stack_id TEXT NOT NULL,
    repository_id TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    tree_id TEXT NOT NULL,
    compose_yaml TEXT,
    compose_file TEXT,
    health_check_path TEXT,
    env TEXT,
    services TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('candidate', 'healthy', 'failed', 'removed', 'baseline')),
    created_at INTEGER NOT NULL,
    healthy_at INTEGER
    , is_env_tracked INTEGER);

CREATE INDEX releases_stack ON releases (stack_id, created_at);

CREATE INDEX releases_current ON releases (stack_id, status, healthy_at);

CREATE INDEX releases_deployment ON releases (deployment_id);

CREATE TABLE webhook_events (
    id TEXT NOT NULL PRIMARY KEY,
    repository_id TEXT NOT NULL REFERENCES git_repositories (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    event_type TEXT,
    delivery_id TEXT,
    payload TEXT,
    headers TEXT NOT NULL,
    signature TEXT,
    verified INTEGER NOT NULL,
    processed INTEGER NOT NULL,
    verdict TEXT,
    deployment_id TEXT,
    received_at INTEGER NOT NULL,
    processed_at INTEGER,
    error TEXT
);

CREATE UNIQUE INDEX webhook_events_delivery ON webhook_events (repository_id, delivery_id);

CREATE INDEX webhook_events_received ON webhook_events (repository_id, received_at);

CREATE INDEX webhook_events_deployment ON webhook_events (deployment_id);

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER
);

CREATE TABLE audit_log (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_address TEXT,
    action TEXT NOT NULL,
    stack_id TEXT,
    subject TEXT,
    details TEXT NOT NULL
);

CREATE INDEX audit_log_at ON audit_log (at);

CREATE INDEX audit_log_stack ON audit_log (stack_id, at);

CREATE TABLE login_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'adopted', 'hub')),
    password_mark TEXT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ended_at INTEGER
);

CREATE INDEX login_sessions_user ON login_sessions (user_id, ended_at);

CREATE TABLE account_security (
    id TEXT NOT NULL PRIMARY KEY,
    two_factor_secret TEXT,
    two_factor_since INTEGER,
    last_step INTEGER,
    pending_secret TEXT,
    pending_since INTEGER,
    pending_step INTEGER,
    signed_out_before INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    id TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER
);

CREATE UNIQUE INDEX recovery_codes_hash ON recovery_codes (user_id, hash);

CREATE INDEX audit_log_action ON audit_log (action, at);

CREATE INDEX audit_log_actor ON audit_log (actor_name, at);

CREATE INDEX deployments_statistics ON deployments (stack_id, completed_at, status, kind, triggered_by, created_at);

CREATE INDEX webhook_events_signature ON webhook_events (repository_id, signature);

CREATE INDEX deployments_search ON deployments (stack_id, created_at,
    lower(coalesce(commit_message, '') || char(31) || coalesce(commit_author, '') || char(31) || coalesce(commit_sha, '') || char(31) || coalesce(branch, '') || char(31) || coalesce(tag, '')));

CREATE TABLE webhook_payload_parts (
    event_id TEXT NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (event_id, position)
);
