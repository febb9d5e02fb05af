import { describe, expect, it } from "vitest";
import { DeployError } from "../../../../../backend/domain/errors.ts";
import type { ContainerUsage } from "../../../../../backend/domain/ports.ts";
import { DockerStatsReader } from "../../../../../backend/host/standalone/stacks/docker-stats.ts";

const usage: ContainerUsage = { id: "0123456789abcdef", name: "web-1", cpuPercent: 12.345, memoryBytes: 1_300_000, memoryLimitBytes: 8 * 1024 ** 3, receivedBytes: 1_234, sentBytes: 0, readBytes: 2_500_000, writtenBytes: 12, processCount: 3 };

function world(measure: () => Promise<ContainerUsage[]>) {
    const state = { now: 0, measurements: 0 };
    const reader = new DockerStatsReader({
        clock: { now: () => state.now },
        docker: {
            usage: () => {
                state.measurements += 1;
                return measure();
            },
        },
    });
    return { state, reader };
}

describe("dockerStats", () => {
    it("looks like a line of docker stats --format json", async () => {
        const { reader } = world(() => Promise.resolve([usage]));
        expect(await reader.read()).toEqual({
            "web-1": { BlockIO: "2.5MB / 12B", CPUPerc: "12.35%", Container: "0123456789ab", ID: "0123456789ab", MemPerc: "0.02%", MemUsage: "1.24MiB / 8GiB", Name: "web-1", NetIO: "1.23kB / 0B", PIDs: "3" },
        });
    });

    it("measures once for everybody who asks within five seconds", async () => {
        const { reader, state } = world(() => Promise.resolve([usage]));
        await Promise.all(Array.from({ length: 10 }, () => reader.read()));
        state.now = 4_000;
        await reader.read();
        expect(state.measurements).toBe(1);
        state.now = 5_000;
        await reader.read();
        expect(state.measurements).toBe(2);
    });

    it("asks again after a failure", async () => {
        let isAway = true;
        const { reader } = world(() => (isAway ? Promise.reject(new DeployError("DOCKER_UNAVAILABLE", "away")) : Promise.resolve([])));
        await expect(reader.read()).rejects.toMatchObject({ code: "DOCKER_UNAVAILABLE" });
        isAway = false;
        expect(await reader.read()).toEqual({});
    });
});
