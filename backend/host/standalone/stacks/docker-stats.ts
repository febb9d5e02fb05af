import type { DockerStats } from "../../../../common/dockge-wire.ts";
import type { Clock, ContainerUsage, DockerReadings } from "../../../domain/ports.ts";

/** Pages ask every five seconds; however many are open, the Engine is asked about as often. */
const FRESH_MS = 4_500;
const SHORT_ID_LENGTH = 12;

/** What running containers use, measured once for all who ask within a few seconds. */
export class DockerStatsReader {
    readonly #docker: Pick<DockerReadings, "usage">;
    readonly #clock: Pick<Clock, "now">;
    #latest: { askedAt: number; answer: Promise<DockerStats> } | null = null;

    constructor(parts: { docker: Pick<DockerReadings, "usage">; clock: Pick<Clock, "now"> }) {
        this.#docker = parts.docker;
        this.#clock = parts.clock;
    }

    /** @throws DOCKER_UNAVAILABLE; a failure is not kept */
    async read(): Promise<DockerStats> {
        const now = this.#clock.now();
        if (this.#latest === null || now - this.#latest.askedAt >= FRESH_MS) {
            const latest = { askedAt: now, answer: this.#measure() };
            this.#latest = latest;
            latest.answer.catch(() => {
                if (this.#latest === latest) {
                    this.#latest = null;
                }
            });
        }
        return await this.#latest.answer;
    }

    async #measure(): Promise<DockerStats> {
        return Object.fromEntries((await this.#docker.usage()).map((usage) => [usage.name, statsLine(usage)]));
    }
}

/** A line of `docker stats --format json`: memory in powers of 1024, the rest in powers of 1000. */
function statsLine(usage: ContainerUsage): DockerStats[string] {
    const id = usage.id.slice(0, SHORT_ID_LENGTH);
    const memoryPercent = usage.memoryLimitBytes > 0 ? (usage.memoryBytes / usage.memoryLimitBytes) * 100 : 0;
    return {
        BlockIO: `${decimalSize(usage.readBytes)} / ${decimalSize(usage.writtenBytes)}`,
        CPUPerc: `${usage.cpuPercent.toFixed(2)}%`,
        Container: id,
        ID: id,
        MemPerc: `${memoryPercent.toFixed(2)}%`,
        MemUsage: `${binarySize(usage.memoryBytes)} / ${binarySize(usage.memoryLimitBytes)}`,
        Name: usage.name,
        NetIO: `${decimalSize(usage.receivedBytes)} / ${decimalSize(usage.sentBytes)}`,
        PIDs: String(usage.processCount),
    };
}

const binarySize = (bytes: number) => size(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], 4);
const decimalSize = (bytes: number) => size(bytes, 1000, ["B", "kB", "MB", "GB", "TB"], 3);

/** As Docker prints it: so many significant digits, no zeros at the end. */
function size(bytes: number, step: number, units: readonly string[], digits: number): string {
    let value = bytes;
    let unit = 0;
    while (value >= step && unit < units.length - 1) {
        value /= step;
        unit += 1;
    }
    return `${Number(value.toPrecision(digits))}${units[unit] ?? ""}`;
}
