/**
 * Every code an error answer of this product can carry, over sockets, REST and in `deployments.errorCode`.
 * Programs branch on these; the sentence beside a code is for people. `docs/errors.md` explains each, a test keeps the two equal.
 */
export const ERROR_CODES = [
    // who is asking
    "NOT_LOGGED_IN",
    "CREDENTIALS_INVALID",
    "TOKEN_INVALID",
    "CODE_INVALID",
    "TOO_MANY_REQUESTS",
    // what was asked
    "INPUT_INVALID",
    "NOT_FOUND",
    "STACK_NAME_INVALID",
    "STACK_NOT_FOUND",
    "STACK_EXISTS",
    "STACK_BUSY",
    "STACK_CHANGED",
    "REPOSITORY_NOT_LINKED",
    "DEPLOYMENT_NOT_FOUND",
    "DEPLOYMENT_NOT_CANCELLABLE",
    "DEPLOYMENT_NOT_RETRYABLE",
    "RELEASE_NOT_KEPT",
    // other servers that this one drives
    "AGENT_EXISTS",
    "AGENT_OFFLINE",
    "AGENT_REFUSED",
    "AGENT_SILENT",
    "AGENT_UNSUPPORTED",
    // terminals
    "CONSOLE_DISABLED",
    "SERVICE_NOT_RUNNING",
    "TERMINAL_UNAVAILABLE",
    // webhook intake
    "SIGNATURE_INVALID",
    "PAYLOAD_INVALID",
    "PAYLOAD_TOO_LARGE",
    "STORE_UNAVAILABLE",
    // git
    "GIT_URL_INVALID",
    "GIT_UNREACHABLE",
    "GIT_AUTH_FAILED",
    "GIT_HOST_KEY_UNKNOWN",
    "GIT_HOST_KEY_CHANGED",
    "GIT_REF_INVALID",
    "GIT_REF_MISSING",
    "GIT_REPOSITORY_MISSING",
    "GIT_REPOSITORY_EMPTY",
    "GIT_FAILED",
    "GIT_LFS_MISSING",
    "SSH_KEY_INVALID",
    "SSH_PASSPHRASE_WRONG",
    "COMMIT_GONE",
    "PATHS_UNCHANGED",
    // checkout
    "PATH_OUTSIDE_CHECKOUT",
    "PATH_OUTSIDE_STACK",
    "SYMLINK_REFUSED",
    "CHECKOUT_TOO_LARGE",
    "COMPOSE_MISSING",
    "COMPOSE_INVALID",
    "COMPOSE_POLICY",
    "DOCKERFILE_MISSING",
    // build, release, health
    "COMMAND_FAILED",
    "BUILD_FAILED",
    "PULL_FAILED",
    "UP_FAILED",
    "HEALTH_TIMEOUT",
    "CONTAINER_EXITED",
    "CONTAINER_UNHEALTHY",
    "HEALTH_CHECK_FAILED",
    "ROLLBACK_FAILED",
    "IMAGE_MISSING",
    "SELF_DEPLOY",
    "OWN_STACK",
    // how a run can end from outside
    "SUPERSEDED",
    "CANCELLED_BY_USER",
    "DEADLINE_EXCEEDED",
    "INTERRUPTED",
    "UNLINKED",
    // the machine
    "DOCKER_UNAVAILABLE",
    "DISK_FULL",
    "NETWORKS_EXHAUSTED",
    "EXEC_TIMEOUT",
    "EXEC_FAILED",
    "PORT_IN_USE",
    "TLS_CERTIFICATE_INVALID",
    "DATA_DIR_LOCKED",
    "DATA_DIR_READ_ONLY",
    "SECRET_KEY_INVALID",
    "SECRET_UNREADABLE",
    "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a delivery or a poll did not lead to a deployment although it was genuine. Sent as `ignored` in the webhook's answer. */
export const IGNORE_CODES = [
    "PING",
    "TEST_DELIVERY",
    "EVENT_NOT_HANDLED",
    "NO_CHANGES",
    "REF_DELETED",
    "BRANCH_NOT_MATCHED",
    "TAG_NOT_MATCHED",
    "PATHS_UNCHANGED",
    "SKIP_MARKER",
    "AUTO_DEPLOY_OFF",
    "AUTO_DEPLOY_PAUSED",
    "ALREADY_DEPLOYED",
    "OTHER_REPOSITORY",
    "PULL_REQUEST",
] as const;

export type IgnoreCode = (typeof IGNORE_CODES)[number];
