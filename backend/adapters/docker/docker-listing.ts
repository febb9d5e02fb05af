import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import type { ContainerState, ProjectState } from "../../domain/ports.ts";

/** Reads what the Engine's API says about containers. Labels are Compose's own (v2). */
export const PROJECT_LABEL = "com.docker.compose.project";
const SERVICE_LABEL = "com.docker.compose.service";
const ONE_OFF_LABEL = "com.docker.compose.oneoff";
const DIRECTORY_LABEL = "com.docker.compose.project.working_dir";
const FILES_LABEL = "com.docker.compose.project.config_files";

/** Groups one listing of containers by compose project, by name. */
export function projectsOf(containers: readonly ContainerInfo[]): ProjectState[] {
    const byName = new Map<string, ProjectState>();
    for (const container of containers) {
        const name = container.Labels[PROJECT_LABEL];
        if (name === undefined || name === "") {
            continue;
        }
        const project = byName.get(name) ?? { name, workingDirectory: null, configFiles: [], containers: [] };
        project.workingDirectory ??= container.Labels[DIRECTORY_LABEL] ?? null;
        if (project.configFiles.length === 0) {
            project.configFiles = (container.Labels[FILES_LABEL] ?? "").split(",").filter((file) => file !== "");
        }
        project.containers.push({
            id: container.Id,
            name: nameOf(container.Names[0]),
            service: container.Labels[SERVICE_LABEL] ?? "",
            state: container.State,
            health: healthIn(container.Status),
            exitCode: exitCodeIn(container.Status),
            isOneOff: container.Labels[ONE_OFF_LABEL] === "True",
            ports: listedPorts(container.Ports),
        });
        byName.set(name, project);
    }
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function containerState(info: ContainerInspectInfo): ContainerState {
    const labels = info.Config.Labels ?? {};
    return {
        id: info.Id,
        name: nameOf(info.Name),
        project: labels[PROJECT_LABEL] ?? "",
        service: labels[SERVICE_LABEL] ?? "",
        state: info.State.Status,
        health: healthNamed(info.State.Health?.Status),
        exitCode: exitCodeOf(info.State),
        restartCount: info.RestartCount,
        startedAt: timeOf(info.State.StartedAt),
        imageId: info.Image,
        isOneOff: labels[ONE_OFF_LABEL] === "True",
        ports: portsOf(info.NetworkSettings.Ports),
        addresses: addressesOf(info.NetworkSettings.Networks),
        lastHealthOutput: info.State.Health?.Log?.at(-1)?.Output.trim() ?? null,
    };
}

function nameOf(name: string | undefined): string {
    return (name ?? "").replace(/^\//, "");
}

/** The listing has health and exit code only in its text for people: `Up 2 hours (healthy)`, `Exited (137) 3 days ago`. */
function healthIn(status: string): ContainerState["health"] {
    return healthNamed(/\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1]);
}

function exitCodeIn(status: string): number | null {
    const code = /^(?:Exited|Restarting) \((-?\d+)\)/.exec(status)?.[1];
    return code === undefined ? null : Number(code);
}

function healthNamed(name: string | undefined): ContainerState["health"] {
    return name === "healthy" || name === "unhealthy" || name === "starting" ? name : "none";
}

/** A container that never started keeps the code of the failed start; 0 there means nothing. */
function exitCodeOf(state: ContainerInspectInfo["State"]): number | null {
    if (state.Status === "running" || state.Status === "paused") {
        return null;
    }
    return state.Status === "created" && state.ExitCode === 0 ? null : state.ExitCode;
}

/** The Engine writes the year 1 for "never". */
function timeOf(text: string): number | null {
    const time = Date.parse(text);
    return Number.isNaN(time) || time <= 0 ? null : time;
}

/** `{"80/tcp": [{HostIp, HostPort}], "90/tcp": null}`; null and empty: exposed, not published. */
function portsOf(ports: Partial<Record<string, { HostIp: string; HostPort: string }[] | null>> | null): ContainerState["ports"] {
    return Object.entries(ports ?? {}).flatMap(([portAndProtocol, bindings]): ContainerState["ports"] => {
        const [port = "", protocol = "tcp"] = portAndProtocol.split("/");
        const common = { privatePort: Number(port), protocol };
        if (bindings === null || bindings === undefined || bindings.length === 0) {
            return [{ ...common, publicPort: null, address: null }];
        }
        return bindings.map((binding) => ({ ...common, publicPort: Number(binding.HostPort), address: binding.HostIp === "" ? "0.0.0.0" : binding.HostIp }));
    });
}

/** Of a listing. Engines before 23 leave the field out for containers that do not run. */
function listedPorts(ports: ContainerInfo["Ports"] | undefined): ContainerState["ports"] {
    return (ports ?? []).map((port) => {
        // What is only exposed has neither, whatever the types say.
        const { PublicPort, IP }: { PublicPort?: number; IP?: string } = port;
        return { privatePort: port.PrivatePort, publicPort: PublicPort ?? null, address: PublicPort === undefined ? null : (IP ?? "0.0.0.0"), protocol: port.Type };
    });
}

/** The host's own network has no address of its own and stays as an empty one; networks that a stopped container left are not listed. */
function addressesOf(networks: Partial<Record<string, { IPAddress: string; GlobalIPv6Address: string }>> | null): Record<string, string> {
    const entries = Object.entries(networks ?? {}).map(([name, network]) => [name, network?.IPAddress || network?.GlobalIPv6Address || ""] as const);
    return Object.fromEntries(entries.filter(([name, address]) => name === "host" || address !== ""));
}
