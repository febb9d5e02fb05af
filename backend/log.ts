import pino, { type DestinationStream } from "pino";
import type { Logger } from "./domain/ports.ts";

/** Fields that would hold a secret if somebody logged them by mistake; pino's `*` is one level deep. */
const SECRET_FIELDS = ["password", "token", "secret", "privateKey", "passphrase", "authorization", "cookie"];

/** JSON lines on standard output. An error given as `err` or `error` is written with its stack and its causes. */
export function createLogger(level: "debug" | "info" | "warn" | "error" | "silent", destination?: DestinationStream): Logger {
    const options = {
        level,
        base: null,
        serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
        redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[secret]" },
    };
    return destination === undefined ? pino(options) : pino(options, destination);
}
