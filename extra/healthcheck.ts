import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { loadConfig, readEnvFile, type Config } from "../backend/config.ts";

/**
 * `npm run healthcheck`: asks the server that runs with the same settings how it is. Exit code 0 when it serves, also when Docker
 * is away, as a new container would not bring that back; 1 and the reason when it does not.
 */

const TIMEOUT_MS = 10_000;
const ANY_ADDRESS: ReadonlySet<string> = new Set(["", "0.0.0.0", "::", "[::]"]);

try {
    readEnvFile();
    console.log(await check(loadConfig(process.env, process.argv.slice(2))));
} catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
}

/** @throws Error with the reason why the server is not healthy */
async function check({ port, hostname, healthCheckHost, tls }: Pick<Config, "port" | "hostname" | "healthCheckHost" | "tls">): Promise<string> {
    const host = [healthCheckHost, hostname].find((name) => name !== undefined && !ANY_ADDRESS.has(name)) ?? "127.0.0.1";
    const url = `${tls === null ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}/api/health`;
    const { status, body } = await get(url).catch((error: Error) => {
        throw new Error(`${url} does not answer: ${error.message}`);
    });
    if (status !== 200) {
        throw new Error(`${url} answers ${status}: ${body.slice(0, 200)}`);
    }
    return `${url} answers ${status}: ${body}`;
}

async function get(url: string): Promise<{ status: number; body: string }> {
    const options = {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        // It is this very machine that is asked, by an address that no certificate has to name; nothing secret is sent.
        rejectUnauthorized: false,
    };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        (url.startsWith("https:") ? https : http).get(url, options, resolve).on("error", reject);
    });
    return { status: response.statusCode ?? 0, body: await text(response) };
}
