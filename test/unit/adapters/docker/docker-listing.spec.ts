import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import { describe, expect, it } from "vitest";
import { projectIn } from "../../../../backend/adapters/docker/docker-events.ts";
import { isReference, splitReference } from "../../../../backend/adapters/docker/docker-engine.ts";
import { containerState, projectsOf } from "../../../../backend/adapters/docker/docker-listing.ts";
import { logLines } from "../../../../backend/adapters/docker/docker-log-frames.ts";
import { ownContainerIds } from "../../../../backend/adapters/docker/docker-own-container.ts";

const ID = "cb46b6976872aee9e5c38e1095db239faab77e1c9dfb4e9fd9672dd027ce6496";
const OTHER = "a".repeat(64);

function listed(project: string, service: string, status: string, labels: Record<string, string> = {}): ContainerInfo {
    return {
        Id: service,
        Names: [`/${project}-${service}-1`],
        State: status.startsWith("Up") ? "running" : "exited",
        Status: status,
        Labels: { "com.docker.compose.project": project, "com.docker.compose.service": service, ...labels },
    } as unknown as ContainerInfo;
}

describe("projectsOf", () => {
    it("groups one listing by project and reads the texts for people", () => {
        const directory = { "com.docker.compose.project.working_dir": "/stacks/blog", "com.docker.compose.project.config_files": "/stacks/blog/compose.yaml,/x.yaml" };
        const projects = projectsOf([
            listed("shop", "db", "Up 2 hours (unhealthy)"),
            { ...listed("blog", "web", "Up 3 seconds (health: starting)", directory), Ports: [{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }, { PrivatePort: 53, Type: "udp" }] as ContainerInfo["Ports"] },
            listed("blog", "job", "Exited (137) 3 days ago", { "com.docker.compose.oneoff": "True" }),
            { ...listed("x", "y", "Up"), Labels: {} },
        ]);
        expect(projects.map(({ name }) => name)).toEqual(["blog", "shop"]);
        expect(projects[0]).toEqual({
            name: "blog",
            workingDirectory: "/stacks/blog",
            configFiles: ["/stacks/blog/compose.yaml", "/x.yaml"],
            containers: [
                { id: "web", name: "blog-web-1", service: "web", state: "running", health: "starting", exitCode: null, isOneOff: false, ports: [{ address: "0.0.0.0", privatePort: 80, publicPort: 8080, protocol: "tcp" }, { address: null, privatePort: 53, publicPort: null, protocol: "udp" }] },
                { id: "job", name: "blog-job-1", service: "job", state: "exited", health: "none", exitCode: 137, isOneOff: true, ports: [] },
            ],
        });
        expect(projects[1]?.containers[0]?.health).toBe("unhealthy");
    });
});

describe("containerState", () => {
    const info = (state: object, networks: object = {}) =>
        ({
            Id: "1", Name: "/blog-web-1", Image: "sha256:1", RestartCount: 2, Config: { Labels: null },
            State: { Status: "running", ExitCode: 0, StartedAt: "2026-01-01T00:00:00.5Z", ...state },
            NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "", HostPort: "8080" }], "53/udp": null }, Networks: networks },
        }) as unknown as ContainerInspectInfo;

    it("reads ports, addresses and health", () => {
        const health = { Status: "unhealthy", Log: [{ Output: "old" }, { Output: "refused\n" }] };
        expect(containerState(info({ Health: health }, { a: { IPAddress: "172.18.0.2" }, b: { IPAddress: "", GlobalIPv6Address: "fd00::2" }, left: { IPAddress: "" } }))).toMatchObject({
            health: "unhealthy",
            lastHealthOutput: "refused",
            exitCode: null,
            startedAt: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
            ports: [{ privatePort: 80, publicPort: 8080, address: "0.0.0.0", protocol: "tcp" }, { privatePort: 53, publicPort: null, address: null, protocol: "udp" }],
            addresses: { a: "172.18.0.2", b: "fd00::2" },
        });
    });

    it.each([
        ["created", 0, null],
        ["created", 127, 127],
        ["exited", 0, 0],
        ["restarting", 1, 1],
        ["paused", 0, null],
    ])("a container that is %s with code %d has the exit code %s", (status, code, expected) => {
        expect(containerState(info({ Status: status, ExitCode: code, StartedAt: "0001-01-01T00:00:00Z" }))).toMatchObject({ exitCode: expected, startedAt: null });
    });
});

describe("logLines", () => {
    const frame = (stream: number, text: string) => Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, Buffer.byteLength(text)]), Buffer.from(text)]);

    it("takes the frames apart, also where a line or character is cut", () => {
        const euro = Buffer.from("€\n");
        const half = (part: Buffer) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, part.length]), part]);
        expect(logLines(Buffer.concat([frame(1, "one\ntw"), frame(2, "o\r\n"), half(euro.subarray(0, 1)), half(euro.subarray(1))]), false)).toEqual(["one", "two", "€"]);
    });

    it("leaves a terminal's log as it is", () => {
        expect(logLines(Buffer.from("a\r\nb"), true)).toEqual(["a", "b"]);
        expect(logLines(Buffer.alloc(0), false)).toEqual([]);
    });
});

describe("ownContainerIds", () => {
    it("reads the mounts that the Engine makes for this container only", () => {
        const mountinfo = `90 73 254:0 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw\n91 73 0:1 / /var/lib/docker/containers/${OTHER}/mounts/shm rw - tmpfs shm rw\n`;
        expect(ownContainerIds({ mountinfo, cgroup: "0::/\n", hostname: "my-server" })).toEqual([ID]);
    });

    it("falls back to control groups and the host name", () => {
        expect(ownContainerIds({ mountinfo: "", cgroup: `9:pids:/docker/${ID}\n8:x:/system.slice/docker-${ID}.scope\n`, hostname: "cb46b6976872" })).toEqual([ID, "cb46b6976872"]);
    });

    it("finds none on a host that runs containers", () => {
        expect(ownContainerIds({ mountinfo: `91 73 0:1 / /var/lib/docker/containers/${OTHER}/mounts/shm rw - tmpfs shm rw\n`, cgroup: "0::/user.slice\n", hostname: "server" })).toEqual([]);
    });
});

describe("small readings", () => {
    it("lets no image name lead a request elsewhere", () => {
        for (const name of ["nginx", "sha256:ab", "registry.test:5000/a/b-c_d:1.2@sha256:ab"]) {
            expect(isReference(name)).toBe(true);
        }
        for (const name of ["", "../containers/json", "a/../../containers/x", "a?force=1", "a#b", "a b", "-a", "a//b", "a/./b", "a%2e"]) {
            expect(isReference(name)).toBe(false);
        }
    });

    it.each([
        ["blog-web", "blog-web", "latest"],
        ["blog-web:1.2", "blog-web", "1.2"],
        ["registry.test:5000/blog/web", "registry.test:5000/blog/web", "latest"],
        ["registry.test:5000/blog/web:1", "registry.test:5000/blog/web", "1"],
    ])("splits %s", (reference, repository, tag) => {
        expect(splitReference(reference)).toEqual({ repository, tag });
    });

    it("reads the project of an event and shrugs at anything else", () => {
        expect(projectIn('{"Actor":{"Attributes":{"com.docker.compose.project":"blog"}}}')).toBe("blog");
        expect(projectIn("{}")).toBeNull();
        expect(projectIn("not json")).toBeNull();
    });
});
