import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { optionOf, parseCli } from "./cli-options.ts";
import type { FileOwner } from "./domain/ports.ts";

/** Everything that the environment and the command line can set. The only reader of `process.env`. */

/** A number within bounds, and a sentence that says so. */
function number(minimum: number, maximum: number, fallback: number, isWhole = true) {
    const sentence = `give a ${isWhole ? "whole " : ""}number from ${minimum} to ${maximum}.`;
    const inBounds = z.number(sentence).min(minimum, sentence).max(maximum, sentence);
    return z.coerce.number(sentence).pipe(isWhole ? inBounds.int(sentence) : inBounds).default(fallback);
}

const flag = z
    .enum(["true", "false", "1", "0"], "give true or false.")
    .transform((value) => value === "true" || value === "1")
    .default(false);

const hosts = z
    .string()
    .default("")
    .transform((value) => value.split(",").map((host) => host.trim().toLowerCase()).filter((host) => host !== ""));

/** Of a user or group; 4294967295 means "leave it" to the system. */
const MAX_ID = 4_294_967_294;
const id = number(0, MAX_ID, 0).unwrap().optional();

const environment = z.object({
    DOCKGE_PORT: number(0, 65_535, 5001),
    DOCKGE_HOSTNAME: z.string().optional(),
    DOCKGE_DATA_DIR: z.string().min(1).default("./data"),
    DOCKGE_STACKS_DIR: z.string().min(1).default("/opt/stacks"),
    DOCKGE_SSL_KEY: z.string().optional(),
    DOCKGE_SSL_CERT: z.string().optional(),
    DOCKGE_SSL_KEY_PASSPHRASE: z.string().optional(),
    /** A shell on the server's own machine for everybody who can log in. */
    DOCKGE_ENABLE_CONSOLE: flag,
    /** Where the health check finds the server, when not at DOCKGE_HOSTNAME. */
    DOCKGE_HOST: z.string().optional(),
    /** Owner of what is written into stacks. */
    PUID: id,
    PGID: id,
    /** 32 bytes as Base64 or hex; without it a key file is made in the data folder. */
    GIT_DEPLOY_SECRET_KEY: z.string().optional(),
    /** Former keys, comma-separated, still accepted for reading while `npm run rotate-key` has not finished. */
    GIT_DEPLOY_PREVIOUS_SECRET_KEYS: z.string().optional(),
    GIT_DEPLOY_PUBLIC_URL: z.url({ protocol: /^https?$/, error: "give an address such as https://dockge.example.com." }).optional(),
    GIT_DEPLOY_INSECURE_HTTP_HOSTS: hosts,
    /** Deployments that run at the same time. */
    GIT_DEPLOY_CONCURRENCY: number(1, 64, Math.max(1, os.availableParallelism())),
    /** Take the client's address from X-Forwarded-For. Only behind a proxy that sets it. */
    GIT_DEPLOY_TRUST_PROXY: flag,
    /** `self-signed`: HTTPS with a certificate of our own making. */
    GIT_DEPLOY_TLS: z.enum(["off", "self-signed"], "give off or self-signed.").default("off"),
    /** Further names and addresses that the certificate of our own making is for. */
    GIT_DEPLOY_TLS_NAMES: hosts,
    /** Days without use, and days in all, after which a log-in ends. */
    GIT_DEPLOY_SESSION_IDLE_DAYS: number(1, 3650, 30),
    GIT_DEPLOY_SESSION_MAX_DAYS: number(1, 3650, 180),
    /** Log-ins that Dockge began on this data folder are over. */
    GIT_DEPLOY_REFUSE_DOCKGE_TOKENS: flag,
    /** Let other origins open a socket; for development. */
    GIT_DEPLOY_ALLOW_ANY_ORIGIN: flag,
    /** MiB of one deployment's log before its middle is left out. */
    GIT_DEPLOY_LOG_MAX_MIB: number(1, 4096, 80, false),
    GIT_DEPLOY_KEEP_LOG_DAYS: number(1, 36_500, 180),
    GIT_DEPLOY_KEEP_LOGS: number(10, 10_000_000, 5000),
    GIT_DEPLOY_KEEP_DELIVERIES: number(10, 10_000_000, 200),
    GIT_DEPLOY_KEEP_DELIVERY_DAYS: number(1, 36_500, 90),
    GIT_DEPLOY_KEEP_BACKUP_DAYS: number(1, 36_500, 90),
    /** Files and MiB that a checkout may have. */
    GIT_DEPLOY_CHECKOUT_MAX_FILES: number(1, 10_000_000, 100_000),
    GIT_DEPLOY_CHECKOUT_MAX_MIB: number(1, 1_048_576, 4096, false),
    GIT_DEPLOY_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"], "give debug, info, warn, error or silent.").default("info"),
    GIT_DEPLOY_DOCKER_SOCKET: z.string().default("/var/run/docker.sock"),
});

/** Where the server's certificate comes from; null: plain HTTP. */
export type TlsConfig =
    | { kind: "files"; keyFile: string; certificateFile: string; passphrase: string | undefined }
    | { kind: "self-signed"; names: string[] }
    | null;

export interface Config {
    port: number;
    hostname: string | undefined;
    dataDirectory: string;
    stacksDirectory: string;
    tls: TlsConfig;
    isConsoleEnabled: boolean;
    healthCheckHost: string | undefined;
    /** Who owns what is written into stacks; undefined: the user that the server runs as. */
    stackOwner: FileOwner | undefined;
    secretKey: string | undefined;
    previousSecretKeys: string[];
    publicUrl: string | undefined;
    insecureHttpHosts: string[];
    concurrency: number;
    isProxyTrusted: boolean;
    sessionIdleDays: number;
    sessionMaxDays: number;
    areDockgeTokensRefused: boolean;
    isAnyOriginAllowed: boolean;
    logMaxBytes: number;
    keepLogDays: number;
    keepLogs: number;
    keepDeliveries: number;
    keepDeliveryDays: number;
    keepBackupDays: number;
    checkoutMaxFiles: number;
    checkoutMaxBytes: number;
    logLevel: "debug" | "info" | "warn" | "error" | "silent";
    dockerSocket: string;
    /** Of the server's own process; handed on to child processes. */
    searchPath: string;
}

export class ConfigError extends Error {}

/** Every variable that is read, for the test that compares them with what README.md says. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.shape);

const MIB = 1024 * 1024;

/** As Dockge: settings may also stand in a file `.env` where the program is started; the environment goes before it. */
export function readEnvFile(): void {
    if (existsSync(".env")) {
        process.loadEnvFile();
    }
}

/**
 * @param argv the command line behind the program's name; an option wins over its variable
 * @throws ConfigError that names every wrong setting and what it may be
 * @throws CliError for a command line that is not understood
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, argv: readonly string[] = []): Config {
    const options = parseCli(argv).settings;
    const given = Object.fromEntries([...Object.entries(env), ...Object.entries(options)].filter(([name, value]) => isGiven(name, value)));
    const parsed = environment.safeParse(given);
    if (!parsed.success) {
        const named = (name: string) => (name in options ? (optionOf(name) ?? name) : name);
        throw new ConfigError(parsed.error.issues.map(({ path: [name], message }) => `${named(String(name))} is ${JSON.stringify(given[String(name)] ?? "")}: ${message}`).join("\n"));
    }
    const values = parsed.data;
    return {
        port: values.DOCKGE_PORT,
        hostname: values.DOCKGE_HOSTNAME,
        dataDirectory: path.resolve(values.DOCKGE_DATA_DIR),
        stacksDirectory: path.resolve(values.DOCKGE_STACKS_DIR),
        tls: tlsOf(values),
        isConsoleEnabled: values.DOCKGE_ENABLE_CONSOLE,
        healthCheckHost: values.DOCKGE_HOST,
        stackOwner: ownerOf(values),
        secretKey: values.GIT_DEPLOY_SECRET_KEY,
        previousSecretKeys: (values.GIT_DEPLOY_PREVIOUS_SECRET_KEYS ?? "").split(",").filter((key) => key !== ""),
        publicUrl: values.GIT_DEPLOY_PUBLIC_URL?.replace(/\/+$/, ""),
        insecureHttpHosts: values.GIT_DEPLOY_INSECURE_HTTP_HOSTS,
        concurrency: values.GIT_DEPLOY_CONCURRENCY,
        isProxyTrusted: values.GIT_DEPLOY_TRUST_PROXY,
        sessionIdleDays: values.GIT_DEPLOY_SESSION_IDLE_DAYS,
        sessionMaxDays: values.GIT_DEPLOY_SESSION_MAX_DAYS,
        areDockgeTokensRefused: values.GIT_DEPLOY_REFUSE_DOCKGE_TOKENS,
        isAnyOriginAllowed: values.GIT_DEPLOY_ALLOW_ANY_ORIGIN,
        logMaxBytes: values.GIT_DEPLOY_LOG_MAX_MIB * MIB,
        keepLogDays: values.GIT_DEPLOY_KEEP_LOG_DAYS,
        keepLogs: values.GIT_DEPLOY_KEEP_LOGS,
        keepDeliveries: values.GIT_DEPLOY_KEEP_DELIVERIES,
        keepDeliveryDays: values.GIT_DEPLOY_KEEP_DELIVERY_DAYS,
        keepBackupDays: values.GIT_DEPLOY_KEEP_BACKUP_DAYS,
        checkoutMaxFiles: values.GIT_DEPLOY_CHECKOUT_MAX_FILES,
        checkoutMaxBytes: values.GIT_DEPLOY_CHECKOUT_MAX_MIB * MIB,
        logLevel: values.GIT_DEPLOY_LOG_LEVEL,
        dockerSocket: values.GIT_DEPLOY_DOCKER_SOCKET,
        searchPath: withoutNpmFolders(env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    };
}

/** `npm start` puts the programs of this project in front: a build command of a stack must not find our `vite` where it means its own. */
function withoutNpmFolders(searchPath: string): string {
    return searchPath
        .split(":")
        .filter((folder) => !/\/(?:node_modules\/\.bin|node-gyp-bin)\/?$/.test(folder))
        .join(":");
}

/** An empty variable in a compose file means "not set". */
function isGiven(name: string, value: string | undefined): boolean {
    // Kubernetes sets this one in every container beside a service called "dockge".
    return value !== "" && !(name === "DOCKGE_PORT" && value?.startsWith("tcp://") === true);
}

function tlsOf(values: z.output<typeof environment>): TlsConfig {
    const { DOCKGE_SSL_KEY: key, DOCKGE_SSL_CERT: certificate, DOCKGE_SSL_KEY_PASSPHRASE: passphrase, GIT_DEPLOY_TLS: kind } = values;
    if ((key === undefined) !== (certificate === undefined)) {
        throw new ConfigError(`${key === undefined ? "DOCKGE_SSL_CERT is set and DOCKGE_SSL_KEY is not" : "DOCKGE_SSL_KEY is set and DOCKGE_SSL_CERT is not"}: HTTPS needs both files.`);
    }
    if (key !== undefined && certificate !== undefined) {
        if (kind === "self-signed") {
            throw new ConfigError("GIT_DEPLOY_TLS is self-signed, and DOCKGE_SSL_KEY and DOCKGE_SSL_CERT name another certificate. Set one or the other.");
        }
        return { kind: "files", keyFile: path.resolve(key), certificateFile: path.resolve(certificate), passphrase };
    }
    return kind === "off" ? null : { kind, names: values.GIT_DEPLOY_TLS_NAMES };
}

function ownerOf({ PUID: uid, PGID: gid }: z.output<typeof environment>): FileOwner | undefined {
    if ((uid === undefined) !== (gid === undefined)) {
        throw new ConfigError(`${uid === undefined ? "PGID is set and PUID is not" : "PUID is set and PGID is not"}: set both, or neither.`);
    }
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
