import { beforeEach, describe, expect, it } from "vitest";
import { aRun, PipelineWorld } from "../../fixtures/pipeline-world.ts";

/** R4: what a variable decides is looked at as if it stood there, before Compose opens it. */

let world: PipelineWorld;

beforeEach(() => {
    world = new PipelineWorld();
});

const reading = (...keys: string[]) => `services:\n  web:\n    image: x\n${keys.map((key) => `    ${key}\n`).join("")}`;

async function deploy(files: Record<string, string>) {
    world.commit("eee5", files);
    return await world.run(aRun("d1", "eee5"));
}

describe("paths with variables in a compose file", () => {
    it("are refused where they lead to the server's own files or out of the repository", async () => {
        for (const value of ["/data/git-deploy/secret.key", "../../secret.key"]) {
            world.variables = { "${FILE}": value };
            expect(await deploy({ "compose.yaml": reading("env_file: ${FILE}") })).toMatchObject({ status: "failed", error: { code: "COMPOSE_POLICY", message: expect.stringContaining(value) } });
        }
        expect(world.acts).not.toContain("deploying");
    });

    it("are let through where they stay in the repository", async () => {
        world.variables = { "${FILE:-./web.env}": "./web.env" };
        expect(await deploy({ "compose.yaml": reading("env_file: ${FILE:-./web.env}"), "web.env": "A=1\n" })).toMatchObject({ status: "successful" });
    });

    it("are refused when Compose cannot tell what they stand for", async () => {
        expect(await deploy({ "compose.yaml": reading("env_file: ${FILE:?}") })).toMatchObject({ status: "failed", error: { code: "COMPOSE_INVALID", message: expect.stringMatching(/^compose\.yaml: .*\$\{FILE:\?\}.*build settings.*missing a value/) } });
    });

    it("are asked for once in each file that has any, and not where there are none", async () => {
        await deploy({ "compose.yaml": reading("image: ${IMAGE}", 'volumes: ["${DATA}:/x"]') });
        expect(world.asked).toEqual([]);
        world.variables = { "${A}": "a.env", "$B": "b.env" };
        await deploy({ "compose.yaml": reading("env_file: [$B, '${A}', '${A}']") });
        expect(world.asked).toEqual([[{ services: { texts: { image: "none", command: ["$B", "${A}", "$$"] } } }]]);
    });

    it("of an included file get the variables that it has there", async () => {
        world.variables = { "${FILE}": "../../data/x", "$PRICE": "pay$" };
        const include = "include: [{path: part/part.yaml, project_directory: $PRICE, env_file: [a.env, /dev/null]}]\n";
        expect(await deploy({ "compose.yaml": include, "pay$/x": "", "part/part.yaml": reading("env_file: ${FILE}") })).toMatchObject({ error: { code: "COMPOSE_POLICY", message: expect.stringContaining("part/part.yaml: services.web.env_file") } });
        expect(world.asked.at(-1)).toEqual([
            { include: [{ path: "/runs/d1/plan/variables-1.json", project_directory: "/runs/d1/source/pay$$", env_file: ["/runs/d1/source/a.env", "/dev/null"] }] },
            { services: { texts: { image: "none", command: ["${FILE}", "$$"] } } },
        ]);
    });

    it("start at the root where rendering leaves them there", async () => {
        world.variables = { "${FILE}": "../x.env" };
        world.configure({ composePath: "deploy/compose.yaml" });
        expect(await deploy({ "deploy/compose.yaml": reading("env_file: ${FILE}") })).toMatchObject({ error: { code: "COMPOSE_POLICY" } });
        expect(await deploy({ "deploy/compose.yaml": "include: [inner.yaml]\nservices: {}\n", "deploy/inner.yaml": reading("env_file: ${FILE}") })).toMatchObject({ status: "successful" });
    });
});

it("ends files that include one another, and refuses a project_directory that is none", async () => {
    expect(await deploy({ "compose.yaml": "include: [a/a.yaml]\nservices: {}\n", "a/a.yaml": "include: [../compose.yaml, a.yaml]\n" })).toMatchObject({ status: "successful" });
    expect(await deploy({ "compose.yaml": "include: [{path: a.yaml, project_directory: b/c}]\n", "a.yaml": "services: {}\n", "b/x": "" })).toMatchObject({ error: { code: "COMPOSE_POLICY", message: expect.stringContaining("b/c") } });
});
