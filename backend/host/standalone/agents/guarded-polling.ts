import http from "node:http";
import https from "node:https";
import { NodeXHR } from "socket.io-client";

/** All that an agent may say at once. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Engine.IO's polling, with requests of our own: its XMLHttpRequest follows redirects wherever they lead, past the check of addresses that
 * comes with our agent, and a redirect to nowhere ends the process.
 */
export class GuardedPolling extends NodeXHR {
    override doPoll(): void {
        this.#request("GET", null)
            .then((text) => this.onData(text))
            .catch((error: unknown) => this.#failed("xhr poll error", error));
    }

    override doWrite(data: string, done: () => void): void {
        this.#request("POST", data)
            .then(done)
            .catch((error: unknown) => this.#failed("xhr post error", error));
    }

    #failed(what: string, error: unknown): void {
        // A status, where there was one, as Engine.IO's own polling tells it.
        this.onError(what, error instanceof StatusError ? error.status : error, undefined);
    }

    async #request(method: "GET" | "POST", body: string | null): Promise<string> {
        const { agent, extraHeaders } = this.opts as unknown as { agent: http.Agent; extraHeaders?: Record<string, string> };
        const url = this.uri();
        const send = url.startsWith("https:") ? https.request : http.request;
        return await new Promise<string>((resolve, reject) => {
            const headers = { ...extraHeaders, accept: "*/*", ...(body === null ? {} : { "content-type": "text/plain;charset=UTF-8" }) };
            const request = send(url, { method, agent, headers }, (response) => {
                if (response.statusCode !== 200) {
                    response.destroy();
                    reject(new StatusError(response.statusCode ?? 0));
                    return;
                }
                const chunks: Buffer[] = [];
                let size = 0;
                response.on("data", (chunk: Buffer) => {
                    size += chunk.length;
                    chunks.push(chunk);
                    if (size > MAX_ANSWER_BYTES) {
                        response.destroy(new Error("the answer is too large"));
                    }
                });
                response.on("error", reject);
                response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
            });
            request.on("error", reject);
            request.end(body ?? undefined);
        });
    }
}

class StatusError extends Error {
    readonly status: number;

    constructor(status: number) {
        super(`HTTP status ${status}`);
        this.status = status;
    }
}
