import type { ErrorCode } from "../../common/error-codes.ts";

/**
 * The one error that people and programs are told about. Callers branch on `code`, never on text.
 * `message` is one sentence that says what to do; `cause` keeps what really happened for the server's own log.
 */
export class DeployError extends Error {
    readonly code: ErrorCode;
    /** HTTP status of an answer that carries this error. */
    readonly status: number;
    /** True when the same attempt may succeed later without anyone changing anything: network, registry, daemon away. */
    readonly isRetryable: boolean;
    /** Facts for a program, such as the fingerprint to confirm. Never a secret. */
    readonly details: Record<string, unknown>;

    constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown>; isRetryable?: boolean } = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.name = "DeployError";
        this.code = code;
        this.status = STATUS[code] ?? 422;
        this.isRetryable = options.isRetryable ?? RETRYABLE.has(code);
        this.details = options.details ?? {};
    }
}

/** HTTP statuses other than 422, by code. */
const STATUS: Partial<Record<ErrorCode, number>> = {
    NOT_LOGGED_IN: 401,
    CREDENTIALS_INVALID: 401,
    TOKEN_INVALID: 401,
    CODE_INVALID: 401,
    SIGNATURE_INVALID: 401,
    TOO_MANY_REQUESTS: 429,
    INPUT_INVALID: 400,
    PAYLOAD_INVALID: 400,
    STACK_NAME_INVALID: 400,
    GIT_URL_INVALID: 400,
    GIT_REF_INVALID: 400,
    CONSOLE_DISABLED: 403,
    PAYLOAD_TOO_LARGE: 413,
    NOT_FOUND: 404,
    STACK_NOT_FOUND: 404,
    REPOSITORY_NOT_LINKED: 404,
    DEPLOYMENT_NOT_FOUND: 404,
    STACK_EXISTS: 409,
    STACK_BUSY: 409,
    STACK_CHANGED: 409,
    DEPLOYMENT_NOT_CANCELLABLE: 409,
    DEPLOYMENT_NOT_RETRYABLE: 409,
    RELEASE_NOT_KEPT: 409,
    OWN_STACK: 409,
    AGENT_EXISTS: 409,
    SERVICE_NOT_RUNNING: 409,
    STORE_UNAVAILABLE: 503,
    DOCKER_UNAVAILABLE: 503,
    AGENT_OFFLINE: 503,
    AGENT_SILENT: 504,
    INTERNAL: 500,
    DISK_FULL: 507,
    NETWORKS_EXHAUSTED: 507,
};

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["GIT_UNREACHABLE", "PULL_FAILED", "DOCKER_UNAVAILABLE", "STORE_UNAVAILABLE", "INTERRUPTED"]);

/** Turns anything thrown into a DeployError: ours as it is, a full disk by its errno, the rest INTERNAL with the cause kept. */
export function toDeployError(thrown: unknown): DeployError {
    if (thrown instanceof DeployError) {
        return thrown;
    }
    const errno = (thrown as { code?: unknown } | null)?.code;
    if (errno === "ENOSPC" || errno === "EDQUOT") {
        return new DeployError("DISK_FULL", "The disk is full. Free some space and try again; the running stack was not changed.", { cause: thrown });
    }
    return new DeployError("INTERNAL", "Something went wrong inside the server; its log has the details.", { cause: thrown });
}
