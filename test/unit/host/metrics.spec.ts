import performanceHooks from "node:perf_hooks";
import { describe, expect, it, vi } from "vitest";
import type { Pushes } from "../../../common/wire.ts";
import { Metrics } from "../../../backend/host/metrics.ts";
import { isDirectLoopback } from "../../../backend/host/rest/gate.ts";
import { ServiceWorld } from "../../fixtures/service-world.ts";

async function watched() {
    const world = new ServiceWorld();
    const metrics = new Metrics({ deployments: world.deploymentStore, shouldCollectProcess: false });
    const published: string[] = [];
    const publisher = metrics.watch({ publish: (event) => void published.push(event) });
    const deployment = await world.views.deployment(world.succeed("d1"));
    return { world, metrics, published, publisher, deployment };
}

describe("metrics", () => {
    it("count rows as the database has them", async () => {
        const { world, metrics } = await watched();
        world.succeed("d2", { status: "pending" });
        world.succeed("d3", { status: "deploying" });
        const text = await metrics.text();
        expect(text).toContain('git_deploy_deployments{status="successful"} 1');
        expect(text).toContain('git_deploy_deployments{status="failed"} 0');
        expect(text).toMatch(/^git_deploy_queue_length 1$/m);
        expect(text).toMatch(/^git_deploy_running 1$/m);
    });

    it("count a deployment and a delivery once, however often they are announced, and pass everything on", async () => {
        const { world, metrics, published, publisher, deployment } = await watched();
        const event = { ...world.views.webhookEvent(world.deliver("e1", "r1"), null) } satisfies Pushes["webhookEventReceived"]["event"];
        for (let time = 0; time < 2; time += 1) {
            publisher.publish("deploymentUpdated", { deployment: { ...deployment, status: "building", duration: null }, steps: [] });
            publisher.publish("deploymentUpdated", { deployment, steps: [] });
            publisher.publish("webhookEventReceived", { event });
        }
        const text = await metrics.text();
        expect(text).toContain('git_deploy_deployment_duration_seconds_count{status="successful",kind="deploy"} 1');
        expect(text).toContain('git_deploy_deployment_duration_seconds_sum{status="successful",kind="deploy"} 2.5');
        expect(text).toContain('git_deploy_webhook_deliveries_total{verdict="deploy"} 1');
        expect(published).toHaveLength(6);
    });

    it("R9: count deliveries by their code, without what a sender wrote", async () => {
        const { world, metrics, publisher } = await watched();
        const event = { ...world.views.webhookEvent(world.deliver("e2", "r1"), null), verdict: "ignore: BRANCH_NOT_MATCHED. The push is to secret-plan; this stack follows main." };
        publisher.publish("webhookEventReceived", { event });
        expect(await metrics.text()).toContain('git_deploy_webhook_deliveries_total{verdict="ignore: BRANCH_NOT_MATCHED"} 1');
    });

    it("include the process when asked, from then on, as watching it wakes an idle server all the time", async () => {
        const delays = vi.spyOn(performanceHooks, "monitorEventLoopDelay");
        const metrics = new Metrics({ deployments: new ServiceWorld().deploymentStore });
        expect(delays).not.toHaveBeenCalled();
        for (let time = 0; time < 2; time += 1) {
            expect(await metrics.text()).toContain("process_cpu_seconds_total");
        }
        expect(delays).toHaveBeenCalledTimes(1);
    });
});

describe("a direct connection from this machine", () => {
    it.each(["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])("%s is one", (address) => {
        expect(isDirectLoopback({ address, headers: {} })).toBe(true);
    });

    it.each(["10.0.0.1", "::ffff:10.0.0.1", "127.0.0.1.evil.example", "", "1270.0.0.1"])("%s is none", (address) => {
        expect(isDirectLoopback({ address, headers: {} })).toBe(false);
    });

    it.each(["x-forwarded-for", "forwarded", "x-real-ip", "via"])("a proxy's is none (%s)", (header) => {
        expect(isDirectLoopback({ address: "127.0.0.1", headers: { [header]: "203.0.113.9" } })).toBe(false);
    });
});
