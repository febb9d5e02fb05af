import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_IMAGE } from "../fixtures/base-image.ts";
import { imageId } from "../fixtures/engine.ts";
import { openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { composeFile, dockerfile, idleService, webService } from "../fixtures/web-service.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

describe("compose_build", () => {
    it("builds what has changed only: another service keeps its image and its container", async () => {
        const stack = await bed.link({ purpose: "reuse" });
        const second = "    api:\n        build: ./api";
        const api = { "api/Dockerfile": `FROM ${BASE_IMAGE}\nCOPY serve.sh /serve.sh\nCMD ["/bin/sh", "/serve.sh"]\n`, "api/serve.sh": "trap 'exit 0' TERM\nsleep 2147483 &\nwait\n" };
        const files = webService({ port: stack.port, version: "one", services: second });
        const web = Object.fromEntries(Object.entries(files).filter(([name]) => name !== "compose.yaml").map(([name, content]) => [`web/${name}`, content]));
        await stack.pushAndWait({ ...web, ...api, "compose.yaml": composeFile({ port: stack.port, services: second }).replace("build: .\n", "build: ./web\n") });
        const before = await stack.containers();

        const changed = await stack.pushAndWait({ "web/www/index.html": "two\n" });
        expect(changed.status).toBe("successful");
        expect(await stack.served()).toBe("two");
        const after = await stack.containers();
        const idOf = (list: typeof before, service: string) => list.find((one) => one.service === service)?.id;
        expect(idOf(after, "api")).toBe(idOf(before, "api"));
        expect(idOf(after, "web")).not.toBe(idOf(before, "web"));

        const none = await stack.pushAndWait({ "notes.txt": "no service is built from this\n" });
        expect(none.status).toBe("successful");
        expect(await stack.containers()).toEqual(after);
        expect(none.steps.find(({ name }) => name === "build")?.duration ?? 0).toBeLessThan(2);

        const forced = await stack.deployAndWait({ rebuild: true });
        expect(forced.status).toBe("successful");
    });

    it("follows variables in paths of the repository, with the variables that each file has", async () => {
        const stack = await bed.link({ purpose: "paths", buildConfig: { composePath: "deploy/compose.yaml", environmentVariables: [{ name: "PART", value: "deploy/part", secret: false }, { name: "PRICE", value: "five$", secret: false }] } });
        const { port } = stack;
        const files = webService({ port, version: "one", startup: 'echo "$FROM_FILE" > /www/file.txt' });
        const compose = composeFile({ port, service: ['env_file: ["${WEB_ENV:-./deploy/${PRICE}.env}"]'] }).replace("build: .", 'build: {context: "${CONTEXT-.}", dockerfile: "${DOCKERFILE:-Dockerfile}"}');
        const idle = idleService("part").replace("part:", "part:\n        env_file: ${PART_ENV:?}");
        const done = await stack.pushAndWait({ ...files, "compose.yaml": null, "deploy/compose.yaml": `include: ["\${PART}/part.yaml"]\n${compose}`, "deploy/five$.env": "FROM_FILE=read\n", "deploy/part/.env": "PART_ENV=part.env\n", "deploy/part/part.yaml": `services:\n${idle}\n`, "deploy/part/part.env": "A=1\n" });
        expect(done).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/file.txt")).toBe("read");
        expect(await stack.containers()).toHaveLength(2);
    });

    it("hands build arguments to the build", async () => {
        const stack = await bed.link({ purpose: "args", buildConfig: { buildArgs: [{ name: "FLAVOUR", value: "vanilla; echo $HOME" }] } });
        const files = webService({ port: stack.port, version: "one", dockerfile: ["ARG FLAVOUR", 'RUN printf "%s" "$FLAVOUR" > /www/flavour.txt'] });
        expect(await stack.pushAndWait(files)).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/flavour.txt")).toBe("vanilla; echo $HOME");

        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { buildArgs: [{ name: "FLAVOUR", value: "mint" }] });
        expect((await stack.deployAndWait()).status).toBe("successful");
        expect(await stack.served("/flavour.txt")).toBe("mint");
    });
});

describe("compose_only", () => {
    it("never builds", async () => {
        const stack = await bed.link({ purpose: "only", buildConfig: { buildType: "compose_only" } });
        const done = await stack.pushAndWait({ "compose.yaml": `services:\n${idleService("one")}\n${idleService("two")}\n` });
        expect(done).toMatchObject({ status: "successful", error: null });
        expect((await stack.containers()).map(({ service }) => service).sort()).toEqual(["one", "two"]);

        const smaller = await stack.pushAndWait({ "compose.yaml": `services:\n${idleService("one")}\n` });
        expect(smaller.status).toBe("successful");
        expect((await stack.containers()).map(({ service }) => service)).toEqual(["one"]);
    });
});

describe("docker_build", () => {
    it("builds the Dockerfile to stack:sha and stack:latest, and runs the compose file that lies in the stack's folder", async () => {
        const stack = await bed.link({ purpose: "image", buildConfig: { buildType: "docker_build", dockerfilePath: "Dockerfile" } });
        await writeFile(stack.file("compose.yaml"), composeFile({ port: stack.port }).replace("build: .\n", `image: ${stack.name}:latest\n`));
        const { "compose.yaml": _, ...files } = webService({ port: stack.port, version: "one" });
        const done = await stack.pushAndWait(files);
        expect(done).toMatchObject({ status: "successful", error: null });
        expect(await stack.served()).toBe("one");
        expect(await imageId(`${stack.name}:${done.sha.slice(0, 12)}`)).not.toBeNull();
        expect(await imageId(`${stack.name}:latest`)).toBe(await imageId(`${stack.name}:${done.sha.slice(0, 12)}`));

        const live = await imageId(`${stack.name}:latest`);
        const bad = await stack.pushAndWait({ Dockerfile: dockerfile(["RUN false"]) });
        expect(bad).toMatchObject({ status: "failed", errorCode: "BUILD_FAILED" });
        expect(await imageId(`${stack.name}:latest`)).toBe(live);

        const unhealthy = await stack.pushAndWait({ Dockerfile: dockerfile(), "www/healthz": null });
        expect(unhealthy.status).toBe("rolled_back");
        expect(await imageId(`${stack.name}:latest`)).toBe(live);
        expect(await stack.served()).toBe("one");
    });
});

describe("script", () => {
    it("runs the stored script in the checkout, then builds", async () => {
        const script = 'set -euo pipefail\nname="made by script"\n[[ -f Dockerfile ]] && printf "%s" "$name" > www/made.txt\n';
        const stack = await bed.link({ purpose: "script", buildConfig: { buildType: "script", script } });
        expect(await stack.pushAndWait(webService({ port: stack.port, version: "one" }))).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/made.txt")).toBe("made by script");

        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { script: "echo the-script-says-no; exit 4" });
        const bad = await stack.pushAndWait({ "www/index.html": "two\n" });
        expect(bad).toMatchObject({ status: "failed", errorCode: "COMMAND_FAILED" });
        expect(await stack.log(bad.id)).toContain("the-script-says-no");
        expect(await stack.served()).toBe("one");
    });
});

describe("commands", () => {
    it("run before and after the build, in order, in the checkout, with a clean environment", async () => {
        const stack = await bed.link({
            purpose: "commands",
            buildConfig: {
                preBuildCommands: ["env | cut -d= -f1 | sort > www/names.txt", "echo first > www/order.txt", "echo second >> www/order.txt"],
                postBuildCommands: ["echo after-the-build"],
            },
        });
        const done = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        expect(done).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/order.txt")).toBe("first\nsecond");
        const names = await stack.served("/names.txt");
        expect(names).toContain("PATH");
        expect(names).not.toContain("DOCKGE_DATA_DIR");
        expect(await stack.log(done.id)).toContain("after-the-build");
    });

    it("run in a container of commandImage when one is set", async () => {
        const stack = await bed.link({ purpose: "container", buildConfig: { commandImage: BASE_IMAGE, preBuildCommands: ["busybox | head -n 1 > www/where.txt", "test ! -e /usr/bin/git"] } });
        expect(await stack.pushAndWait(webService({ port: stack.port, version: "one" }))).toMatchObject({ status: "successful", error: null });
        expect(await stack.served("/where.txt")).toContain("BusyBox");
    });

    it("that fail end the run before anything of the stack changes", async () => {
        const stack = await bed.link({ purpose: "failing", buildConfig: { postBuildCommands: ["echo the-test-failed; exit 9"] } });
        const bad = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        expect(bad).toMatchObject({ status: "failed", errorCode: "COMMAND_FAILED" });
        expect(bad.steps.find(({ name }) => name === "post-build")?.status).toBe("failed");
        expect(await stack.containers()).toEqual([]);
    });
});
