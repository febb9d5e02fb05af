import { describe, expect, it } from "vitest";
import { readUsage } from "../../../../backend/adapters/docker/docker-usage.ts";

const cpu = (used: number, passed: number) => ({ cpu_usage: { total_usage: used }, system_cpu_usage: passed, online_cpus: 4 });

describe("readUsage", () => {
    it("measures as docker stats does", () => {
        const usage = readUsage("1", {
            name: "/web-1",
            cpu_stats: cpu(3_000, 12_000),
            precpu_stats: cpu(1_000, 2_000),
            memory_stats: { usage: 1_000, limit: 4_000, stats: { inactive_file: 300 } },
            networks: { eth0: net(10, 20), eth1: net(1, 2) },
            blkio_stats: blocks([{ op: "Read", value: 5 }, { op: "write", value: 7 }, { op: "Total", value: 12 }]),
            pids_stats: { current: 3 },
        });
        expect(usage).toEqual({ id: "1", name: "web-1", cpuPercent: 80, memoryBytes: 700, memoryLimitBytes: 4_000, receivedBytes: 11, sentBytes: 22, readBytes: 5, writtenBytes: 7, processCount: 3 });
    });

    it("takes the older cgroups' name for the cache, and never shows less than nothing", () => {
        expect(readUsage("1", { memory_stats: { usage: 1_000, stats: { total_inactive_file: 400, inactive_file: 1 } } })?.memoryBytes).toBe(600);
        expect(readUsage("1", { memory_stats: { usage: 100, stats: { inactive_file: 400 } } })?.memoryBytes).toBe(100);
    });

    it("is nothing for a container that ended before it was measured", () => {
        expect(readUsage("1", { name: "/gone", memory_stats: {}, cpu_stats: { cpu_usage: { total_usage: 0 } } })).toBeNull();
    });

    it("says 0 when there is nothing to compare with", () => {
        expect(readUsage("1", { memory_stats: { usage: 1 }, cpu_stats: cpu(5, 10), precpu_stats: cpu(5, 10) })?.cpuPercent).toBe(0);
    });
});

function net(received: number, sent: number) {
    return { rx_bytes: received, rx_dropped: 0, rx_errors: 0, rx_packets: 0, tx_bytes: sent, tx_dropped: 0, tx_errors: 0, tx_packets: 0 };
}

function blocks(entries: { op: string; value: number }[]) {
    return { io_service_bytes_recursive: entries } as never;
}
