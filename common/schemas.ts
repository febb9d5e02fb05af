import { z } from "zod";
import { DEPLOYMENT_STATUSES, STEP_NAMES, TRIGGERS } from "./deployment.ts";

/**
 * The shape of everything a person or program may send us: forms, sockets and REST all validate with these.
 * Checks that need the machine (does the ref exist? is the path inside the checkout?) happen later, where the machine is.
 */

export const PROVIDERS = ["github", "gitlab", "bitbucket", "bitbucket_dc", "gitea", "forgejo", "gogs", "generic"] as const;
export const AUTH_TYPES = ["none", "ssh_key", "http_token"] as const;
export const BUILD_TYPES = ["compose_build", "docker_build", "compose_only", "script"] as const;

export const LIMITS = {
    nameLength: 100,
    urlLength: 2048,
    refLength: 244,
    pathLength: 1024,
    secretLength: 1024,
    keyLength: 32_768,
    tokenLength: 4096,
    commandLength: 8192,
    scriptLength: 65_536,
    composeLength: 1_048_576,
    listLength: 200,
    perPage: 200,
} as const;

export const STACK_NAME_RULE = `A stack name has at most ${LIMITS.nameLength} lower-case letters, digits, '-' and '_', and starts with a letter or digit.`;

/** The folder below the stacks folder, and the compose project. Checked on every entry, not only on save. */
export const stackName = z
    .string()
    .max(LIMITS.nameLength, STACK_NAME_RULE)
    .regex(/^[a-z0-9][a-z0-9_-]*$/, STACK_NAME_RULE);

/** Bytes that a file name may have. */
const MAX_FILE_NAME_BYTES = 255;

/**
 * The folder of a stack that is there already, whoever made it: one segment of a path, not hidden, without control characters.
 * New stacks, and everything that Git does, keep to `stackName`.
 */
export const stackFolderName = z
    .string()
    .min(1)
    // eslint-disable-next-line no-control-regex -- control characters are what is refused
    .regex(/^(?!\.)[^/\\\x00-\x1f\x7f]+$/, "This is not the name of a stack.")
    .refine((name) => !/\p{Cs}/u.test(name) && new TextEncoder().encode(name).length <= MAX_FILE_NAME_BYTES && name !== "__proto__", "This is not the name of a stack.");

/** Compose's own rule for services, and Docker's for containers, without names that look like options. */
export const runningName = z.string().max(200).regex(/^[A-Za-z0-9._][A-Za-z0-9._-]*$/, "This is not the name of a service or container.");

export const uuid = z.uuid();

/** A full commit id, SHA-1 or SHA-256. Abbreviations are resolved by Git, not here. */
export const commitSha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "A commit is named by its full id of 40 (or 64) hexadecimal digits.");

// eslint-disable-next-line no-control-regex -- the rule of git-check-ref-format(1) names control characters
const REF_FORBIDDEN = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$|^\/|^-|(^|\/)\.|\.lock(\/|$)|^@$/;

/** A branch or tag name by the rules of git-check-ref-format(1), plus: it never starts with a dash. */
export const refName = z
    .string()
    .min(1)
    .max(LIMITS.refLength)
    .refine((ref) => !REF_FORBIDDEN.test(ref), "This is not a name that Git allows for a branch or tag.");

/** A path inside the repository: relative, with `/`, without `..`. */
export const repositoryPath = z
    .string()
    .min(1)
    .max(LIMITS.pathLength)
    .refine(
        // eslint-disable-next-line no-control-regex -- control characters are what is refused
        (path) => !/[\x00-\x1f\x7f\\]/.test(path) && !path.startsWith("/") && !path.startsWith("-") && !path.split("/").some((part) => part === ".." || part === ""),
        "Give a path inside the repository, such as deploy/compose.yaml.",
    );

/** What examples and tutorials put where a secret belongs; anybody would try these first. */
const PLACEHOLDER = /^(?:a_random_secret|(?:my|your)?[-_ ]?(?:webhook)?[-_ ]?secret(?:[-_ ]?here)?|change[-_ ]?me.{0,3}|password.{0,3}|12345678(?:90?)?|replace[-_ ]?me|x{8,}|\*{8,})$/i;

/** At least 8 characters when the caller chooses it; 32 random bytes when we do. */
const webhookSecret = z
    .string()
    .min(8)
    .max(LIMITS.secretLength)
    .refine((text) => !PLACEHOLDER.test(text), "This is a placeholder that anybody would guess. Leave the secret out and one is made.");

/** A name of an environment variable or build argument. */
export const variableName = z.string().max(200).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "A variable name has only letters, digits and '_', and does not start with a digit.");

export const credentialsInput = z
    .object({
        username: z.string().max(200).nullish(),
        token: z.string().max(LIMITS.tokenLength).nullish(),
        privateKey: z.string().max(LIMITS.keyLength).nullish(),
        passphrase: z.string().max(LIMITS.secretLength).nullish(),
    })
    .strict();

/** `PUT …/repository` and `saveGitRepository`. Fields left out keep their value; credentials are write-only, `null` clears one. */
export const repositoryInput = z
    .object({
        url: z.string().min(1).max(LIMITS.urlLength).optional(),
        branch: refName.optional(),
        authType: z.enum(AUTH_TYPES).optional(),
        credentials: credentialsInput.optional(),
        provider: z.enum(PROVIDERS).optional(),
        webhookSecret: webhookSecret.optional(),
        webhookSigningToken: z
            .string()
            .regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, "A signing token looks like whsec_… followed by Base64.")
            .nullish(),
        autoSync: z.boolean().optional(),
        /** Seconds between two polls. */
        syncInterval: z.number().int().min(10).max(86_400).optional(),
        /** A cron pattern; when set it is used instead of `syncInterval`. */
        syncCron: z.string().min(1).max(100).nullish(),
        /** Key type to generate when `authType` is `ssh_key` and no private key is given. */
        sshKeyType: z.enum(["ed25519", "rsa2048", "rsa4096"]).optional(),
        /** Fingerprint (`SHA256:…`) of a host key that the person has confirmed. */
        confirmHostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/).optional(),
        fetchSubmodules: z.boolean().optional(),
        fetchLfs: z.boolean().optional(),
    })
    .strict();

/** A test may try values that are not saved yet; without any it tests what is saved. A stored credential is never sent to another URL. */
export const repositoryTestInput = repositoryInput.pick({ url: true, branch: true, authType: true, credentials: true, provider: true, confirmHostKey: true });

const nameValue = z.object({ name: variableName, value: z.string().max(LIMITS.tokenLength) }).strict();

/** `value` left out or null keeps the stored value of a secret variable of the same name. */
const environmentVariable = z.object({ name: variableName, value: z.string().max(LIMITS.keyLength).nullish(), secret: z.boolean().default(false) }).strict();

const globs = z.array(z.string().min(1).max(LIMITS.pathLength)).max(LIMITS.listLength);
const commands = z.array(z.string().min(1).max(LIMITS.commandLength)).max(50);

/** `/path` on the first published port, or `service:port/path`. Never a whole URL: the probe only ever talks to the stack itself. */
export const healthCheckPath = z
    .string()
    .max(LIMITS.pathLength)
    .regex(/^([a-zA-Z0-9][a-zA-Z0-9_.-]*(:\d{1,5})?)?\/[^\s\\]*$/, "Give a path such as /healthz, or service:port/path.");

export const buildConfigInput = z
    .object({
        buildType: z.enum(BUILD_TYPES).optional(),
        dockerfilePath: repositoryPath.nullish(),
        composePath: repositoryPath.nullish(),
        buildArgs: z.array(nameValue).max(LIMITS.listLength).optional(),
        preBuildCommands: commands.optional(),
        postBuildCommands: commands.optional(),
        /** Bash, run for `buildType: script`. */
        script: z.string().max(LIMITS.scriptLength).nullish(),
        /** Image of the throw-away container in which commands run; null: on the host. */
        commandImage: z
            .string()
            .max(300)
            .regex(/^[a-z0-9][a-zA-Z0-9._/:@-]*$/, "This is not the name of an image.")
            .nullish(),
        environmentVariables: z.array(environmentVariable).max(LIMITS.listLength).optional(),
        /** Seconds for a whole run. */
        timeout: z.number().int().min(10).max(86_400).optional(),
        autoDeployOnPush: z.boolean().optional(),
        /** Regular expressions (RE2 syntax) that match the whole branch name; empty: the repository's branch. */
        autoDeployBranches: z.array(z.string().min(1).max(500)).max(50).optional(),
        /** Regular expressions (RE2 syntax) that match the whole tag name; empty: tags do not deploy. */
        autoDeployTags: z.array(z.string().min(1).max(500)).max(50).optional(),
        includePaths: globs.optional(),
        excludePaths: globs.optional(),
        healthCheckPath: healthCheckPath.nullish(),
        /** Seconds until the new release must be healthy. */
        healthCheckTimeout: z.number().int().min(1).max(3600).optional(),
        /** Seconds for which the release must stay healthy. */
        settleTime: z.number().int().min(0).max(600).optional(),
        rollbackOnFailure: z.boolean().optional(),
        cancelSupersededBuilds: z.boolean().optional(),
        keepReleases: z.number().int().min(1).max(50).optional(),
        maxRetries: z.number().int().min(0).max(10).optional(),
        /** `updatedAt` of the settings that were edited. When somebody has saved others since, nothing is: `STACK_CHANGED`. */
        expectedUpdatedAt: z.iso.datetime().optional(),
    })
    .strict();

/** `ref` is a branch or tag; with neither the head of the repository's branch is deployed. */
export const deployInput = z.object({ ref: refName.optional(), commitSha: commitSha.optional(), rebuild: z.boolean().optional() }).strict();

/** Query strings arrive as text, so numbers and lists are coerced. */
export const listOf = <S extends z.ZodType>(item: S) => z.preprocess((value) => (typeof value === "string" ? value.split(",") : value), z.array(item).max(LIMITS.listLength).optional());

/** Which page of a list, and how long it is. */
export function paging(defaultPerPage: number) {
    return {
        page: z.coerce.number().int().min(1).max(1_000_000).default(1),
        perPage: z.coerce.number().int().min(1).max(LIMITS.perPage).default(defaultPerPage),
    };
}

/** Words to look for. */
export const searchText = z.string().max(200);

/** A moment, or a day (UTC): as the end of a period it includes the whole of it. */
export const dayOrMoment = z.iso.datetime({ offset: true }).or(z.iso.date());

export const deploymentListInput = z
    .object({
        status: listOf(z.enum(DEPLOYMENT_STATUSES)),
        triggeredBy: listOf(z.enum(TRIGGERS)),
        branch: z.string().max(LIMITS.refLength).optional(),
        from: dayOrMoment.optional(),
        to: dayOrMoment.optional(),
        q: searchText.optional(),
        ...paging(20),
    })
    .strict();

export const LOG_LEVELS = ["info", "warn", "error"] as const;

export const logInput = z
    .object({
        /** Byte offset in the log file. */
        offset: z.coerce.number().int().min(0).default(0),
        /** Lines at most. */
        limit: z.coerce.number().int().min(1).max(100_000).optional(),
        step: z.enum(STEP_NAMES).optional(),
        level: z.enum(LOG_LEVELS).optional(),
        q: searchText.optional(),
    })
    .strict();

/** Bytes of one answer with log text. */
export const MAX_LOG_READ_BYTES = 1024 * 1024;

export const logReadInput = z.object({ offset: z.number().int().min(0), maxBytes: z.number().int().min(1).max(MAX_LOG_READ_BYTES) }).strict();

export const deploymentReadInput = z.object({ logs: z.boolean().default(true) }).strict();

/** What became of a delivery, for a filter. */
export const DELIVERY_OUTCOMES = ["deploy", "ignore", "reject"] as const;

export const webhookEventListInput = z
    .object({
        verdict: listOf(z.enum(DELIVERY_OUTCOMES)),
        q: searchText.optional(),
        /** `brief`: without payload and headers, which can be megabytes. */
        detail: z.enum(["full", "brief"]).optional(),
        ...paging(20),
    })
    .strict();

export const stackInput = z.object({ composeYaml: z.string().max(LIMITS.composeLength).optional(), env: z.string().max(LIMITS.composeLength).optional() }).strict();

export const apiTokenInput = z
    .object({ name: z.string().trim().min(1).max(LIMITS.nameLength), expiresAt: z.iso.datetime({ offset: true }).nullish() })
    .strict();

export const rotateSecretInput = z.object({ webhookSecret: webhookSecret.optional() }).strict();

export type RepositoryInput = z.infer<typeof repositoryInput>;
export type RepositoryTestInput = z.infer<typeof repositoryTestInput>;
export type BuildConfigInput = z.infer<typeof buildConfigInput>;
export type DeployInput = z.infer<typeof deployInput>;
export type DeploymentListInput = z.infer<typeof deploymentListInput>;
export type LogInput = z.infer<typeof logInput>;
export type LogReadInput = z.infer<typeof logReadInput>;
export type DeploymentReadInput = z.input<typeof deploymentReadInput>;
export type WebhookEventListInput = z.infer<typeof webhookEventListInput>;
export type StackInput = z.infer<typeof stackInput>;
export type ApiTokenInput = z.infer<typeof apiTokenInput>;
export type RotateSecretInput = z.infer<typeof rotateSecretInput>;
export type Provider = (typeof PROVIDERS)[number];
export type AuthType = (typeof AUTH_TYPES)[number];
export type BuildType = (typeof BUILD_TYPES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
