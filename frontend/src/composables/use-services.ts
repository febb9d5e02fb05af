import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from "vue";
import type { DockerStatsLine, PublishedPort } from "../../../common/dockge-wire.ts";
import type { WrittenService } from "../components/stack/written-services.ts";
import type { AnyServiceStatusList } from "../server/dockge-wire.ts";
import { useServer } from "../server/server.ts";
import { useLoaded } from "./use-request.ts";

/** Milliseconds. The server measures as often, however many pages ask. */
const ASK_EVERY_MS = 5_000;

export interface ServiceContainer {
    /** Empty where the server does not say. */
    name: string;
    state: string;
    ports: readonly PublishedPort[];
    /** Null while it is not known, and for what does not run. */
    usage: DockerStatsLine | null;
}

export interface Service {
    name: string;
    /** Null for one that runs and is not in the file any more. */
    written: WrittenService | null;
    containers: ServiceContainer[];
    isRunning: boolean;
}

export interface Services {
    readonly list: ComputedRef<Service[]>;
    /** Whether anything here is built by Compose; null while the file is not read, or cannot be. */
    readonly hasBuilds: ComputedRef<boolean | null>;
    readonly reload: () => Promise<void>;
}

/** The services of a stack: those of its file in their order, with what Docker knows of their containers. */
export function useServices(options: { stack: () => string; status: () => number; yaml: () => string }): Services {
    const server = useServer();
    const states = useLoaded(
        async () => (await server.dockge("serviceStatusList", options.stack())).serviceStatusList,
        () => [options.stack(), options.status()],
    );
    const usage = shallowRef<Record<string, DockerStatsLine>>({});
    const written = shallowRef<{ services: WrittenService[]; isPartial: boolean } | null>(null);
    /** Dockge 1.5.0 never answers this question; then it is not asked again. */
    let canMeasure = true;
    let isMeasuring = false;

    async function measure(): Promise<void> {
        if (!canMeasure || isMeasuring) {
            return;
        }
        isMeasuring = true;
        try {
            usage.value = (await server.dockge("dockerStats")).dockerStats;
        } catch (thrown) {
            canMeasure = !["NO_ANSWER", "NOT_FOUND"].includes((thrown as { code?: string }).code ?? "");
        } finally {
            isMeasuring = false;
        }
    }

    let latest = 0;
    watch(
        options.yaml,
        async (yaml) => {
            const mine = ++latest;
            const read = await import("../components/stack/written-services.ts").then(({ readServices }) => readServices(yaml)).catch(() => null);
            // While somebody types, the text is no YAML now and then: what was read last stays.
            if (mine === latest && (read !== null || yaml === "")) {
                written.value = read;
            }
        },
        { immediate: true },
    );
    const timer = setInterval(() => {
        if (document.visibilityState === "visible") {
            void states.reload();
            void measure();
        }
    }, ASK_EVERY_MS);
    watch([options.stack, options.status, server.generation], () => void measure(), { immediate: true });
    onScopeDispose(() => {
        latest += 1;
        clearInterval(timer);
    });

    return {
        list: computed(() => merge(written.value?.services ?? [], states.value.value ?? {}, usage.value)),
        hasBuilds: computed(() => (written.value === null ? null : written.value.isPartial || written.value.services.some(({ isBuilt }) => isBuilt))),
        reload: states.reload,
    };
}

function merge(written: readonly WrittenService[], states: AnyServiceStatusList, usage: Record<string, DockerStatsLine>): Service[] {
    const names = new Set([...written.map(({ name }) => name), ...Object.keys(states)]);
    return [...names].map((name) => {
        const known = states[name] ?? [];
        const containers = (typeof known === "string" ? [{ status: known, name: "" }] : known).map((container): ServiceContainer => ({
            name: container.name,
            state: container.status,
            ports: "ports" in container ? (container.ports ?? []) : [],
            usage: usage[container.name] ?? null,
        }));
        const isRunning = containers.some(({ state }) => !["exited", "dead", "created", "removing"].includes(state));
        return { name, written: written.find((service) => service.name === name) ?? null, containers, isRunning };
    });
}
