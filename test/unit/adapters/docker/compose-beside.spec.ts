import { describe, expect, it } from "vitest";
import { ComposeBeside } from "../../../../backend/adapters/docker/compose-beside.ts";
import type { ComposeProject } from "../../../../backend/domain/ports.ts";
import { FakeEngine } from "../../../fixtures/fake-engine.ts";

const signal = new AbortController().signal;

function world() {
    const engine = new FakeEngine();
    const beside: string[][] = [];
    const compose = new ComposeBeside({
        compose: engine.compose,
        docker: { ownProject: () => Promise.resolve("dockge") },
        beside: { run: (argv) => Promise.resolve(beside.push([...argv])).then(() => "dockge-server-1-beside") },
    });
    return { engine, beside, compose };
}

function project(name: string): ComposeProject {
    return { name, directory: `/opt/stacks/${name}`, files: [], envFiles: ["/opt/stacks/global.env"] };
}

describe("Compose for the stack that this server runs in", () => {
    it("replaces and restarts it from a container beside it, with the same arguments, and says so", async () => {
        const { engine, beside, compose } = world();
        const lines: string[] = [];
        await compose.up(project("dockge"), { signal, shouldPull: true, onLines: (_stream, text) => lines.push(...text.split("\n")) });
        await compose.act(project("dockge"), "restart", { signal, services: ["app"] });
        const options = ["compose", "--progress", "plain", "--ansi", "never", "--project-name", "dockge", "--project-directory", "/opt/stacks/dockge", "--env-file", "/opt/stacks/global.env"];
        expect(beside).toEqual([
            [...options, "up", "-d", "--no-build", "--remove-orphans", "--"],
            [...options, "restart", "--", "app"],
        ]);
        expect(lines).toEqual([expect.stringContaining("docker logs dockge-server-1-beside")]);
        expect(engine.calls).toEqual([]);
    });

    it("pulls and builds it in here, and leaves other stacks alone", async () => {
        const { engine, beside, compose } = world();
        await compose.pull(project("dockge"), ["app"], { signal });
        await compose.build(project("dockge"), ["app"], { signal, buildArgs: [] });
        await compose.up(project("blog"), { signal, shouldPull: true });
        await compose.act(project("blog"), "restart", { signal });
        expect(engine.calls).toEqual(["pull dockge app", "build dockge app", "up blog", "restart blog"]);
        expect(beside).toEqual([]);
    });
});
