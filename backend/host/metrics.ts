import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { DEPLOYMENT_STATUSES, isFinal } from "../../common/deployment.ts";
import type { DeploymentView, WebhookEventView } from "../../common/views.ts";
import type { PushName, Pushes } from "../../common/wire.ts";
import type { DeploymentStore, Publisher } from "../domain/ports.ts";

/** From a cached rebuild of a few seconds to an hour. */
const DURATION_BUCKETS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
/** A run is announced several times; so many are remembered in order to count each once. */
const MAX_REMEMBERED = 1000;

/** What Prometheus is told. Counts of rows come from the database when they are asked for, events from what is published. */
export class Metrics {
    readonly #registry = new Registry();
    readonly #deployments: Pick<DeploymentStore, "counts">;
    readonly #byStatus: Gauge<"status">;
    readonly #queueLength: Gauge;
    readonly #running: Gauge;
    readonly #durations: Histogram<"status" | "kind">;
    readonly #deliveries: Counter<"verdict">;
    readonly #seenDeployments = new Seen();
    readonly #seenDeliveries = new Seen();
    #isProcessWanted: boolean;

    constructor(parts: { deployments: Pick<DeploymentStore, "counts">; shouldCollectProcess?: boolean }) {
        const registers = [this.#registry];
        this.#isProcessWanted = parts.shouldCollectProcess ?? true;
        this.#deployments = parts.deployments;
        this.#byStatus = new Gauge({ name: "git_deploy_deployments", help: "Deployments by status", labelNames: ["status"] as const, registers });
        this.#queueLength = new Gauge({ name: "git_deploy_queue_length", help: "Deployments that wait for their turn", registers });
        this.#running = new Gauge({ name: "git_deploy_running", help: "Deployments that run right now", registers });
        this.#durations = new Histogram({
            name: "git_deploy_deployment_duration_seconds",
            help: "How long finished deployments took since this server started",
            labelNames: ["status", "kind"] as const,
            buckets: DURATION_BUCKETS_S,
            registers,
        });
        this.#deliveries = new Counter({
            name: "git_deploy_webhook_deliveries_total",
            help: "Deliveries by verdict since this server started",
            labelNames: ["verdict"] as const,
            registers,
        });
    }

    get contentType(): string {
        return this.#registry.contentType;
    }

    async text(): Promise<string> {
        this.#watchProcess();
        const counts = new Map((await this.#deployments.counts()).map(({ status, count }) => [status, count]));
        for (const status of DEPLOYMENT_STATUSES) {
            this.#byStatus.set({ status }, counts.get(status) ?? 0);
        }
        this.#queueLength.set(counts.get("pending") ?? 0);
        this.#running.set((counts.get("building") ?? 0) + (counts.get("deploying") ?? 0));
        return await this.#registry.metrics();
    }

    /** The same publisher, with everything that goes through it counted. */
    watch(publisher: Publisher): Publisher {
        return {
            publish: <P extends PushName>(event: P, payload: Pushes[P], audience?: { joinedLog: string }) => {
                if ("deployment" in payload) {
                    this.#countDeployment(payload.deployment);
                } else if ("event" in payload) {
                    this.#countDelivery(payload.event);
                }
                publisher.publish(event, payload, audience);
            },
        };
    }

    /** From the first question on: measuring the event loop wakes the process a hundred times a second, which a server that nobody asks should not do. */
    #watchProcess(): void {
        if (this.#isProcessWanted) {
            this.#isProcessWanted = false;
            collectDefaultMetrics({ register: this.#registry });
        }
    }

    #countDeployment({ id, status, kind, duration }: DeploymentView): void {
        if (isFinal(status) && duration !== null && this.#seenDeployments.isNew(id)) {
            this.#durations.observe({ status, kind }, duration);
        }
    }

    #countDelivery({ id, verdict }: WebhookEventView): void {
        if (verdict !== null && this.#seenDeliveries.isNew(id)) {
            // Without the reason, which names branches: every new one would be a series of its own for ever.
            this.#deliveries.inc({ verdict: verdict.split(".", 1)[0] ?? verdict });
        }
    }
}

class Seen {
    readonly #ids = new Set<string>();

    isNew(id: string): boolean {
        if (this.#ids.has(id)) {
            return false;
        }
        this.#ids.add(id);
        const [oldest] = this.#ids;
        if (this.#ids.size > MAX_REMEMBERED && oldest !== undefined) {
            this.#ids.delete(oldest);
        }
        return true;
    }
}
