import { describe, expect, it } from "vitest";
import type { ProjectState } from "../../../../../backend/domain/ports.ts";
import { matchProjects, serviceStatuses, statusOf } from "../../../../../backend/host/standalone/stacks/stack-status.ts";

type Container = ProjectState["containers"][number];

function container(state: string, changes: Partial<Container> = {}): Container {
    return { id: "1", name: "web-app-1", service: "app", state, health: "none", exitCode: null, isOneOff: false, ports: [], ...changes };
}

function project(name: string, containers: Container[] = [container("running")], workingDirectory: string | null = null): ProjectState {
    return { name, workingDirectory, configFiles: [], containers };
}

describe("names that objects have already", () => {
    it.each(["constructor", "toString", "__proto__"])("has a service that is called %s", (service) => {
        expect(Object.entries(serviceStatuses(project("web", [container("running", { service })])))).toEqual([[service, [{ status: "running", name: "web-app-1" }]]]);
    });
});

describe("statusOf", () => {
    const exitedWell = container("exited", { exitCode: 0 });
    const exitedBadly = container("exited", { exitCode: 1 });
    it.each([
        ["nothing", [], 1],
        ["only a one-off container", [container("running", { isOneOff: true })], 1],
        ["all running", [container("running"), container("running")], 3],
        ["a one-shot service that ended well beside a running one", [exitedWell, container("running")], 3],
        ["one that failed beside a running one", [exitedBadly, container("running")], 4],
        ["one whose exit code is unknown beside a running one", [container("exited"), container("running")], 4],
        ["one that restarts all the time", [container("restarting")], 4],
        ["all stopped", [exitedWell], 4],
        ["created only", [container("created")], 2],
        ["paused", [container("paused")], 0],
    ])("%s", (_name, containers, status) => {
        expect(statusOf(project("web", containers))).toBe(status);
    });

    it("is a draft without a project", () => {
        expect(statusOf(null)).toBe(1);
    });
});

describe("serviceStatuses", () => {
    it("prefers health over state and lists every replica", () => {
        const containers = [container("running", { health: "healthy" }), container("running", { name: "web-app-2" }), container("exited", { service: "job", name: "web-job-1" }), container("running", { isOneOff: true })];
        expect(serviceStatuses(project("web", containers))).toEqual({
            app: [
                { status: "healthy", name: "web-app-1" },
                { status: "running", name: "web-app-2" },
            ],
            job: [{ status: "exited", name: "web-job-1" }],
        });
    });
});

describe("matchProjects", () => {
    const folder = (name: string, realPath = `/stacks/${name}`) => ({ name, path: `/stacks/${name}`, realPath });

    it("knows a project by the folder it was started in, whatever its name", () => {
        const named = project("shop", undefined, "/stacks/web");
        const { byStack, unmanaged } = matchProjects([folder("web")], [named]);
        expect(byStack.get("web")).toBe(named);
        expect(unmanaged).toEqual([]);
    });

    it("knows the project of an upper-case folder by Compose's name for it", () => {
        const lower = project("myapp", undefined, null);
        expect(matchProjects([folder("MyApp")], [lower]).byStack.get("MyApp")).toBe(lower);
    });

    it("knows a project by where a symbolic link leads", () => {
        const linked = project("other", undefined, "/srv/clone");
        expect(matchProjects([folder("web", "/srv/clone")], [linked]).byStack.get("web")).toBe(linked);
    });

    it("gives a folder its own project, also when a link beside it leads there", () => {
        const [own, linked] = [project("clone", undefined, "/stacks/clone"), project("a-link", undefined, "/stacks/a-link")];
        const folders = [folder("a-link", "/stacks/clone"), folder("clone")];
        expect(matchProjects(folders, [own]).byStack).toEqual(new Map([["clone", own]]));
        expect(matchProjects(folders, [own, linked]).byStack).toEqual(new Map([["clone", own], ["a-link", linked]]));
    });

    it("gives a project to one folder only, and to the one it runs in first", () => {
        const [elsewhere, here] = [project("web", undefined, "/stacks/shop"), project("db", undefined, "/elsewhere")];
        const { byStack, unmanaged } = matchProjects([folder("shop"), folder("web")], [elsewhere, here]);
        expect(byStack.get("shop")).toBe(elsewhere);
        expect(byStack.has("web")).toBe(false);
        expect(unmanaged).toEqual([here]);
    });
});
