import os from "node:os";
import path from "node:path";
import { z } from "zod";

/** Everything that the environment can set. The only reader of `process.env`. */

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

const environment = z.object({
    DOCKGE_PORT: number(0, 65_535, 5001),
    DOCKGE_HOSTNAME: z.string().optional(),
    DOCKGE_DATA_DIR: z.string().min(1).default("./data"),
    DOCKGE_STACKS_DIR: z.string().min(1).default("/opt/stacks"),
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

export interface Config {
    port: number;
    hostname: string | undefined;
    dataDirectory: string;
    stacksDirectory: string;
    secretKey: string | undefined;
    previousSecretKeys: string[];
    publicUrl: string | undefined;
    insecureHttpHosts: string[];
    concurrency: number;
    isProxyTrusted: boolean;
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

const MIB = 1024 * 1024;

/** @throws ConfigError that names every wrong setting and what it may be */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
    // An empty variable in a compose file means "not set".
    const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
    const parsed = environment.safeParse(given);
    if (!parsed.success) {
        throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")} is ${JSON.stringify(given[String(issue.path[0])] ?? "")}: ${issue.message}`).join("\n"));
    }
    const values = parsed.data;
    return {
        port: values.DOCKGE_PORT,
        hostname: values.DOCKGE_HOSTNAME,
        dataDirectory: path.resolve(values.DOCKGE_DATA_DIR),
        stacksDirectory: path.resolve(values.DOCKGE_STACKS_DIR),
        secretKey: values.GIT_DEPLOY_SECRET_KEY,
        previousSecretKeys: (values.GIT_DEPLOY_PREVIOUS_SECRET_KEYS ?? "").split(",").filter((key) => key !== ""),
        publicUrl: values.GIT_DEPLOY_PUBLIC_URL?.replace(/\/+$/, ""),
        insecureHttpHosts: values.GIT_DEPLOY_INSECURE_HTTP_HOSTS,
        concurrency: values.GIT_DEPLOY_CONCURRENCY,
        isProxyTrusted: values.GIT_DEPLOY_TRUST_PROXY,
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
        searchPath: env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    };
}
