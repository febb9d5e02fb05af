import type Dockerode from "dockerode";
import type { ContainerUsage } from "../../domain/ports.ts";
import { answer } from "./docker-connection.ts";
import { forEachParallel } from "../stack-folder/stack-folder-parallel.ts";

/** The Engine measures everything that is asked for in one round of a second, so few rounds are better than few requests. */
const ASKED_AT_ONCE = 40;

/** Containers that are gone by the time of asking are left out. @throws DOCKER_UNAVAILABLE */
export async function usageOf(docker: Dockerode, containerIds: readonly string[]): Promise<ContainerUsage[]> {
    const usages: ContainerUsage[] = [];
    await forEachParallel(containerIds, ASKED_AT_ONCE, async (id) => {
        const measured = await answer(docker.getContainer(id).stats({ stream: false }), (status) => (status === 404 || status === 409 ? null : undefined));
        const usage = measured === null ? null : readUsage(id, measured);
        if (usage !== null) {
            usages.push(usage);
        }
    });
    return usages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the Engine leaves out for a container that has just ended, or on another system. */
type Measured = Partial<Omit<Dockerode.ContainerStats, "memory_stats" | "cpu_stats" | "precpu_stats">> & {
    memory_stats?: { usage?: number; limit?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
    cpu_stats?: CpuMeasured;
    precpu_stats?: CpuMeasured;
};

interface CpuMeasured {
    cpu_usage?: { total_usage?: number; percpu_usage?: number[] | null };
    system_cpu_usage?: number;
    online_cpus?: number;
}

/**
 * Null for a container that ended before it was measured.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats for the formulas
 */
export function readUsage(id: string, stats: Measured): ContainerUsage | null {
    const { memory_stats: memory = {}, networks = {} } = stats;
    if (memory.usage === undefined && (stats.cpu_stats?.system_cpu_usage ?? 0) === 0) {
        return null;
    }
    const interfaces = Object.values(networks);
    return {
        id,
        name: (stats.name ?? "").replace(/^\//, ""),
        cpuPercent: cpuPercent(stats.cpu_stats ?? {}, stats.precpu_stats ?? {}),
        memoryBytes: memoryBytes(memory),
        memoryLimitBytes: memory.limit ?? 0,
        receivedBytes: interfaces.reduce((sum, one) => sum + one.rx_bytes, 0),
        sentBytes: interfaces.reduce((sum, one) => sum + one.tx_bytes, 0),
        readBytes: blockBytes(stats, "read"),
        writtenBytes: blockBytes(stats, "write"),
        processCount: stats.pids_stats?.current ?? 0,
    };
}

function cpuPercent(now: CpuMeasured, before: CpuMeasured): number {
    const used = (now.cpu_usage?.total_usage ?? 0) - (before.cpu_usage?.total_usage ?? 0);
    const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
    const processors = now.online_cpus || now.cpu_usage?.percpu_usage?.length || 1;
    return used > 0 && passed > 0 ? (used / passed) * processors * 100 : 0;
}

/** Without the page cache that the kernel would give back; named differently by the two versions of cgroups. */
function memoryBytes({ usage = 0, stats = {} }: NonNullable<Measured["memory_stats"]>): number {
    const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0;
    return cache < usage ? usage - cache : usage;
}

function blockBytes(stats: Measured, operation: "read" | "write"): number {
    // Null on cgroups v2 while nothing was read or written.
    const entries = (stats.blkio_stats?.io_service_bytes_recursive ?? []) as { op: string; value: number }[];
    return entries.filter(({ op }) => op.toLowerCase() === operation).reduce((sum, { value }) => sum + value, 0);
}
