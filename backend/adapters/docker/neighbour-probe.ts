import { z } from "zod";
import { DeployError } from "../../domain/errors.ts";
import { CommandContainers } from "./command-container.ts";
import { NO_COMPOSE_LABELS, OwnContainer, type OwnContainerSettings } from "./own-container.ts";

/** More than Node.js needs. */
const MAX_PROCESSES = 64;
/** On most images; it owns nothing. */
const NOBODY = "65534:65534";
/** Of the whole container, beyond what the request takes. */
const START_WITHIN_MS = 30_000;

/**
 * Asks again until 2xx or 3xx, or the time is over, and prints the last outcome: a container for each attempt would cost more than the service that is asked.
 * Plain JavaScript as text, because the container has no file of ours but what its image has.
 */
export const PROBE_SCRIPT = `
const [, url, timeoutMs] = process.argv;
const until = Date.now() + Number(timeoutMs);
const ask = () => new Promise((resolve) => {
    const signal = AbortSignal.timeout(Math.max(1, until - Date.now()));
    const request = require("node:http").get(url, { agent: false, signal, headers: { "user-agent": "dockge-git-deploy-health" } }, (response) => {
        response.destroy();
        resolve({ status: response.statusCode });
    });
    request.on("error", (error) => resolve({ reason: signal.aborted ? "no answer within " + timeoutMs + " ms" : error.code || "no answer" }));
});
(async () => {
    let last = {};
    do {
        last = await ask();
        if (last.status < 400) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
    } while (Date.now() < until);
    console.log(JSON.stringify(last));
})();
`;

const outcome = z.object({ status: z.number().int().optional(), reason: z.string().optional() });

/**
 * HTTP from inside of the network of another container, by a throw-away container of this server's own image. The Engine drops what goes from one of its networks to another, so a
 * server in a container reaches a port that is published on the host's loopback, or not at all, by no other way that leaves the networks of both as they are.
 */
export class NeighbourProbe {
    readonly #containers: CommandContainers;
    readonly #ownContainer: OwnContainer;

    constructor(settings: OwnContainerSettings) {
        this.#containers = new CommandContainers(settings);
        this.#ownContainer = new OwnContainer(settings);
    }

    /**
     * @param url names an address of that container
     * @returns the last status within the time, or why there was none; null when this server runs in no container that could be copied
     * @throws COMMAND_FAILED, DOCKER_UNAVAILABLE; the signal's own reason when aborted
     */
    async ask(containerId: string, url: string, timeoutMs: number, signal?: AbortSignal): Promise<{ status: number } | { reason: string } | null> {
        const own = await this.#ownContainer.find();
        if (own === null) {
            return null;
        }
        const timeout = AbortSignal.timeout(timeoutMs + START_WITHIN_MS);
        let printed = "";
        await this.#containers.runContainer(
            {
                Image: own.Image,
                Entrypoint: ["node"],
                Cmd: ["-e", PROBE_SCRIPT, url, String(timeoutMs)],
                Labels: { ...NO_COMPOSE_LABELS },
                Healthcheck: { Test: ["NONE"] },
                User: NOBODY,
                WorkingDir: "/",
                AttachStdout: true,
                AttachStderr: true,
                HostConfig: {
                    AutoRemove: true,
                    LogConfig: { Type: "none", Config: {} },
                    NetworkMode: `container:${containerId}`,
                    ReadonlyRootfs: true,
                    CapDrop: ["ALL"],
                    SecurityOpt: ["no-new-privileges"],
                    PidsLimit: MAX_PROCESSES,
                },
            },
            {
                signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
                onLines: (stream, text) => {
                    printed += stream === "out" ? text : "";
                },
            },
        );
        return outcomeIn(printed);
    }
}

/** @throws COMMAND_FAILED when the image's Node.js did not come so far */
function outcomeIn(printed: string): { status: number } | { reason: string } {
    const { status, reason } = outcome.catch({}).parse(parsed(printed));
    if (status === undefined && reason === undefined) {
        throw new DeployError("COMMAND_FAILED", "The container that makes the health check's request did not tell how it went.");
    }
    return status === undefined ? { reason: reason ?? "" } : { status };
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
