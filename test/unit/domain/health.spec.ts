import { describe, expect, it } from "vitest";
import { judgeHealth } from "../../../backend/domain/health.ts";
import type { ContainerState } from "../../../backend/domain/ports.ts";

const container = (changes: Partial<ContainerState> = {}): ContainerState => ({
    id: "c1",
    name: "blog-web-1",
    project: "blog",
    service: "web",
    state: "running",
    health: "none",
    exitCode: null,
    restartCount: 0,
    startedAt: 0,
    imageId: "sha256:1",
    isOneOff: false,
    ports: [],
    addresses: {},
    lastHealthOutput: null,
    ...changes,
});
const web = [{ name: "web", isLongRunning: true }];
const job = [{ name: "web", isLongRunning: false }];
const none = new Map<string, number>();

describe("judgeHealth", () => {
    it.each<[string, Partial<ContainerState>, string]>([
        ["runs without a health check", {}, "healthy"],
        ["is healthy", { health: "healthy" }, "healthy"],
        ["is still starting", { health: "starting" }, "waiting"],
        ["was only created", { state: "created" }, "waiting"],
        ["restarts", { state: "restarting", restartCount: 1 }, "waiting"],
        ["keeps restarting", { restartCount: 3 }, "failed"],
        ["is unhealthy", { health: "unhealthy" }, "failed"],
        ["ended badly", { state: "exited", exitCode: 1 }, "failed"],
        ["ended although it should stay", { state: "exited", exitCode: 0 }, "failed"],
    ])("a long-running container that %s", (_name, changes, kind) => {
        expect(judgeHealth(web, [container(changes)], none).kind).toBe(kind);
    });

    it("accepts a one-shot service that ended well, and not one that ended badly", () => {
        expect(judgeHealth(job, [container({ state: "exited", exitCode: 0 })], none).kind).toBe("healthy");
        expect(judgeHealth(job, [container({ state: "exited", exitCode: 3 })], none)).toMatchObject({ kind: "failed", code: "CONTAINER_EXITED", message: "blog-web-1 ended with exit code 3" });
    });

    it("counts only restarts since it began to look", () => {
        expect(judgeHealth(web, [container({ restartCount: 9 })], new Map([["c1", 9]])).kind).toBe("healthy");
    });

    it("waits for a service that has no container, and ignores `docker compose run` containers", () => {
        expect(judgeHealth(web, [container({ isOneOff: true })], none)).toEqual({ kind: "waiting", for: "web to be created" });
    });

    it("tells what the health check itself said", () => {
        expect(judgeHealth(web, [container({ health: "unhealthy", lastHealthOutput: "wget: 500" })], none)).toMatchObject({ code: "CONTAINER_UNHEALTHY", message: expect.stringContaining("wget: 500") });
    });
});
