import { beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../../backend/domain/entities.ts";
import type { DeployError } from "../../../backend/domain/errors.ts";
import type { ComposeServiceModel } from "../../../backend/domain/ports.ts";
import { Secret } from "../../../backend/domain/secret.ts";
import { Pipeline } from "../../../backend/pipeline/pipeline.ts";
import { aRun, failure, PipelineWorld, webModel } from "../../fixtures/pipeline-world.ts";

let world: PipelineWorld;
beforeEach(() => {
    world = new PipelineWorld();
    world.commit("aaa1", { "index.html": "one" });
    world.commit("bbb2", { "index.html": "two" });
});

/** A stack that is healthy on the first commit. */
async function afterFirstRelease(): Promise<void> {
    expect(await world.run(aRun("d1", "aaa1"))).toEqual({ status: "successful" });
    world.acts.length = 0;
    world.steps.length = 0;
}

describe("a good push", () => {
    it("is built before anything of the stack is touched, then released and kept", async () => {
        expect(await world.run(aRun("d1", "aaa1"))).toEqual({ status: "successful" });
        expect(world.acts.slice(0, 4)).toEqual(["build web", "deploying", "tag blog-web sha256:built-aaa1-1", "up sha256:built-aaa1-1"]);
        expect(world.stepNames()).toEqual(["fetch successful", "checkout successful", "build successful", "release successful", "health successful", "cleanup successful"]);
        expect(world.folder.get("index.html")).toBe("one");
        expect(world.releases).toEqual([expect.objectContaining({ status: "healthy", commitSha: "aaa1", deploymentId: "d1" })]);
        expect(world.repository.lastSyncedCommit).toBe("aaa1");
        expect(world.acts).toContain("remove work d1");
    });

    it.each([
        ["its health check calls healthy", { health: "healthy" as const }, 0],
        ["has no health check", {}, 2],
    ])("watches a new container that %s for the settle time only where that proves something", async (_name, state, seconds) => {
        world.configure({ settleTime: 2 });
        world.containerFor = () => state;
        const before = world.passedMs;
        expect(await world.run(aRun("d1", "aaa1"))).toEqual({ status: "successful" });
        expect(Math.floor((world.passedMs - before) / 1000)).toBe(seconds);
    });

    it("does not watch what ran before and was left alone", async () => {
        await afterFirstRelease();
        world.configure({ settleTime: 5 });
        world.commit("ccc3", { "index.html": "one", "README.md": "words" });
        const before = world.passedMs;
        expect(await world.run(aRun("d2", "ccc3"))).toEqual({ status: "successful" });
        expect(world.passedMs).toBe(before);
    });

    it("does not build what Git says is unchanged, and still releases", async () => {
        await afterFirstRelease();
        world.commit("ccc3", { "index.html": "one", "README.md": "words" });
        expect(await world.run(aRun("d2", "ccc3"))).toEqual({ status: "successful" });
        expect(world.acts).not.toContain("build web");
        expect(world.acts).toContain("up sha256:built-aaa1-1");
    });

    it("builds again when asked to, and whenever commands may have changed the inputs", async () => {
        await afterFirstRelease();
        await world.run(aRun("d2", "aaa1", { isRebuild: true }));
        expect(world.acts).toContain("build web");
        world.acts.length = 0;
        world.configure({ preBuildCommands: ["make"] });
        await world.run(aRun("d3", "aaa1"));
        expect(world.acts.slice(0, 2)).toEqual(["sh make", "build web"]);
    });

    it("removes files that the last release tracked and leaves others alone", async () => {
        await afterFirstRelease();
        world.folder.set("uploads/cat.png", "mine");
        world.commits.get("bbb2")!.files = { "compose.yaml": "services: {}\n", Dockerfile: "FROM scratch\n" };
        world.trees.set("tree-bbb2", world.commits.get("bbb2")!.files);
        await world.run(aRun("d2", "bbb2"));
        expect(world.folder.has("index.html")).toBe(false);
        expect(world.folder.get("uploads/cat.png")).toBe("mine");
    });

    it("writes the stack's variables to .env, and keeps what was there", async () => {
        world.folder.set(".env", "OWN=1\n");
        world.configure({ environmentVariables: [{ name: "A", value: new Secret("x"), isSecret: true }] });
        await world.run(aRun("d1", "aaa1"));
        expect(world.folder.get(".env")).toMatch(/^OWN=1\n[\s\S]*A='x'/);
    });

    it("returns to a release that had no .env without the variables of a later one", async () => {
        await world.run(aRun("d1", "aaa1"));
        expect(world.folder.has(".env")).toBe(false);
        world.configure({ environmentVariables: [{ name: "A", value: new Secret("x"), isSecret: true }] });
        await world.run(aRun("d2", "bbb2"));
        await world.run(aRun("d3", "aaa1", { kind: "rollback", previousDeploymentId: "d1" }));
        expect(world.folder.get(".env")).toBe("");
    });

    it("writes down whether the .env is the repository's, also for a release that is returned to", async () => {
        world.folder.set(".env", "OWN=1\n");
        world.commit("bbb2", { "compose.yaml": "services: {}\n", ".env": "TRACKED=1\n" });
        await world.run(aRun("d1", "aaa1"));
        await world.run(aRun("d2", "bbb2"));
        await world.run(aRun("d3", "bbb2", { kind: "rollback", previousDeploymentId: "d1" }));
        expect(world.releases.map(({ deploymentId, isEnvTracked }) => [deploymentId, isEnvTracked])).toEqual([["d1", false], ["d2", true], ["d3", false]]);
    });

    it("renders compose.yaml from a file in a folder", async () => {
        world.commit("ddd4", { "deploy/stack.yaml": "services:\n  web:\n    build: ../app\n" });
        world.configure({ composePath: "deploy/stack.yaml" });
        await world.run(aRun("d1", "ddd4"));
        expect(world.folder.get("compose.yaml")).toMatch(/^# Rendered from deploy\/stack\.yaml[\s\S]*build: \.\/app/);
    });

    it("leaves a file that was renamed at the root as it is: what the last release brought is in nobody's way", async () => {
        world.commit("aaa1", {});
        await world.run(aRun("d1", "aaa1"));
        world.commit("bbb2", { "docker-compose.yml": "services: {}\n" });
        delete world.commits.get("bbb2")?.files["compose.yaml"];
        await world.run(aRun("d2", "bbb2"));
        expect(world.releases.map(({ composeFile }) => composeFile)).toEqual(["compose.yaml", "docker-compose.yml"]);
    });

    it("keeps the images of the last N healthy releases", async () => {
        for (const [index, sha] of ["aaa1", "bbb2", "ccc3"].entries()) {
            world.commit(sha, { "index.html": sha });
            await world.run(aRun(`d${index}`, sha));
        }
        expect(world.releases.map((release) => release.status)).toEqual(["removed", "healthy", "healthy"]);
        expect(world.images.has("sha256:built-aaa1-1")).toBe(false);
        expect(world.acts).toContain(`drop ${world.releases[0]?.id ?? ""}`);
    });
});

describe("a bad push", () => {
    beforeEach(afterFirstRelease);

    it("that does not build never touches the stack", async () => {
        world.failing.build = () => failure("BUILD_FAILED");
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "failed", error: { code: "BUILD_FAILED" } });
        expect(world.acts).not.toContain("deploying");
        expect(world.folder.get("index.html")).toBe("one");
    });

    it.each([
        ["exits", { state: "exited", exitCode: 1 }, "CONTAINER_EXITED"],
        ["is unhealthy", { health: "unhealthy" as const }, "CONTAINER_UNHEALTHY"],
        ["never becomes healthy", { health: "starting" as const }, "HEALTH_TIMEOUT"],
    ])("whose container %s is rolled back to the files and image before", async (_name, state, code) => {
        world.containerFor = (imageId) => (imageId.includes("bbb2") ? state : {});
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "rolled_back", error: { code } });
        expect(world.stepNames()).toEqual(expect.arrayContaining(["health failed", "rollback successful"]));
        expect(world.images.get("blog-web")).toBe("sha256:built-aaa1-1");
        expect(world.folder.get("index.html")).toBe("one");
        expect(world.releases.map((release) => release.status)).toEqual(["healthy", "failed"]);
        expect(world.log.join("\n")).toContain("last words");
        expect(world.log.at(-1)).toMatch(/^cleanup: The new version was not healthy, so it was rolled back: \S/);
    });

    it("whose health check answers 500 is rolled back", async () => {
        world.configure({ healthCheckPath: "/health" });
        world.probeStatus = 500;
        const outcome = await world.run(aRun("d2", "bbb2"));
        // The release before knew no such check, so going back does not ask for it.
        expect(outcome).toMatchObject({ status: "rolled_back", error: { code: "HEALTH_CHECK_FAILED", message: expect.stringContaining("answered 500") } });
    });

    it("is left as it is when rolling back is switched off", async () => {
        world.configure({ rollbackOnFailure: false });
        world.containerFor = () => ({ state: "exited", exitCode: 1 });
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "failed", error: { code: "CONTAINER_EXITED", message: expect.stringContaining("switched off") } });
        expect(world.stepNames()).not.toContain("rollback successful");
    });

    it("says loudly when going back fails too", async () => {
        world.failing.up = (attempt) => (attempt >= 2 ? failure("UP_FAILED", "no network left") : null);
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "failed", error: { code: "ROLLBACK_FAILED", message: expect.stringContaining("needs a person") } });
    });

    it("is rolled back as soon as an Engine that restarts is there again", async () => {
        world.failing.up = (attempt) => (attempt >= 2 && attempt <= 5 ? failure("DOCKER_UNAVAILABLE") : null);
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "rolled_back", error: { code: "DOCKER_UNAVAILABLE" } });
        expect(world.log.filter((line) => line.includes("waits for it"))).toHaveLength(1);
        expect(world.folder.get("index.html")).toBe("one");
    });

    it("is judged by the time that passes and not by a clock that is set back", async () => {
        world.containerFor = (imageId) => {
            if (imageId.includes("bbb2")) {
                world.setClock(world.now - 3_600_000);
            }
            return { health: imageId.includes("bbb2") ? "starting" : "healthy" };
        };
        const before = world.passedMs;
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "rolled_back", error: { code: "HEALTH_TIMEOUT" } });
        expect(world.passedMs - before).toBeLessThan(60_000);
    });

    it("that is healthy for 5 s and then dies is rolled back when the person asked for a longer settle time", async () => {
        world.configure({ settleTime: 8, healthCheckTimeout: 30 });
        let bornMs = 0;
        world.containerFor = (imageId) => {
            if (!imageId.includes("bbb2")) {
                return { health: "healthy" };
            }
            bornMs ||= world.passedMs;
            return { startedAt: null, ...(world.passedMs - bornMs < 5000 ? { health: "healthy" as const } : { state: "exited", exitCode: 3 }) };
        };
        expect(await world.run(aRun("d2", "bbb2"))).toMatchObject({ status: "rolled_back", error: { code: "CONTAINER_EXITED" } });
    });

    it("settles as long as it should, also when the clock is set back meanwhile", async () => {
        let looks = 0;
        world.containerFor = (imageId) => {
            if (imageId.includes("bbb2") && (looks += 1) === 2) {
                world.setClock(world.now - 3_600_000);
            }
            return { startedAt: null };
        };
        expect(await world.run(aRun("d2", "bbb2"))).toEqual({ status: "successful" });
    });

    it("is taken up again, and not called failed, when its outcome cannot be written down", async () => {
        const parts = world.parts();
        let isLocked = true;
        const update = parts.releases.update.bind(parts.releases);
        parts.releases.update = async (id, changes) => {
            if (isLocked) {
                throw failure("STORE_UNAVAILABLE");
            }
            await update(id, changes);
        };
        const pipeline = new Pipeline(parts);
        const run = aRun("d2", "bbb2");
        world.deployments.set("d2", run);
        expect(await pipeline.run(run, { signal: new AbortController().signal })).toEqual({ status: "interrupted" });
        isLocked = false;
        expect(await pipeline.resume(world.deployments.get("d2") as Deployment, { signal: new AbortController().signal })).toEqual({ status: "successful" });
        expect(world.releases.map((release) => release.status)).toEqual(["healthy", "healthy"]);
    });
});

it("a log that cannot be brought to disk changes no outcome", async () => {
    const parts = world.parts();
    const open = parts.logs.open.bind(parts.logs);
    parts.logs.open = async (...args) => ({ ...(await open(...args)), close: async () => await Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" })) });
    world.deployments.set("d1", aRun("d1", "aaa1"));
    expect(await new Pipeline(parts).run(aRun("d1", "aaa1"), { signal: new AbortController().signal })).toEqual({ status: "successful" });
});

it("never tells a secret that a tool printed in its error", async () => {
    world.failing.build = () => failure("BUILD_FAILED", "fatal: token-value was refused");
    const outcome = await world.run(aRun("d1", "aaa1"));
    expect(outcome).toMatchObject({ error: { message: "fatal: *** was refused" } });
    expect(JSON.stringify(world.steps)).not.toContain("token-value");
});

describe("a first release", () => {
    it("that fails says that there is nothing to return to", async () => {
        world.containerFor = () => ({ state: "exited", exitCode: 1 });
        expect(await world.run(aRun("d1", "aaa1"))).toMatchObject({ status: "failed", error: { code: "CONTAINER_EXITED", message: expect.stringContaining("first release") } });
    });

    it("over a stack that ran before is taken back to what ran", async () => {
        world.isRunning = true;
        world.images.set("blog-web", "sha256:old");
        world.images.set("sha256:old", "sha256:old");
        world.folder.set("compose.yaml", "services: {} # by hand\n");
        world.folder.set(".env", "OWN=1\n");
        world.containerFor = (imageId) => (imageId === "sha256:old" ? {} : { state: "exited", exitCode: 1 });
        expect(await world.run(aRun("d1", "aaa1"))).toMatchObject({ status: "rolled_back" });
        expect(world.images.get("blog-web")).toBe("sha256:old");
        expect(world.folder.get("compose.yaml")).toBe("services: {} # by hand\n");
        expect(world.folder.has("index.html")).toBe(false);
    });
});

describe("images that are pulled", () => {
    beforeEach(() => {
        for (const sha of ["aaa1", "bbb2"]) {
            world.commit(sha, {}, webModel({ build: undefined as never, image: "nginx:1" }));
            delete (world.commits.get(sha)?.model.services["web"] as { build?: unknown }).build;
        }
        world.images.set("nginx:1", "sha256:here").set("sha256:here", "sha256:here");
        world.configure({ buildType: "compose_only" });
    });

    it("move their name only at the release", async () => {
        await world.run(aRun("d1", "aaa1"));
        expect(world.acts.slice(0, 4)).toEqual(["pull web", "tag nginx:1 sha256:here", "deploying", "tag nginx:1 sha256:pulled-aaa1"]);
    });

    it("are used as they are when the registry does not answer, and the log says so", async () => {
        world.failing.pull = () => failure("PULL_FAILED", "no route to the registry");
        expect(await world.run(aRun("d1", "aaa1"))).toEqual({ status: "successful" });
        expect(world.log.join("\n")).toContain("the image that is here is used (no route to the registry)");
    });

    it("are missing when the registry does not answer and none is here", async () => {
        world.images.clear();
        world.failing.pull = () => failure("PULL_FAILED");
        expect(await world.run(aRun("d1", "aaa1"))).toMatchObject({ status: "failed", error: { code: "PULL_FAILED", isRetryable: true } });
    });
});

describe("path filters that the delivery could not decide", () => {
    const filtered = () => aRun("d2", "bbb2", { mustCheckPaths: true });
    beforeEach(async () => {
        await afterFirstRelease();
        world.configure({ includePaths: ["web/**"] });
    });

    it("cancel the run and give the delivery the same verdict", async () => {
        world.changedPaths = ["docs/a.md"];
        expect(await world.run(filtered())).toMatchObject({ status: "cancelled", error: { code: "PATHS_UNCHANGED" } });
        expect(world.acts.find((act) => act.startsWith("delivery"))).toContain("ignore: PATHS_UNCHANGED. Of the files changed since the released commit (1), none");
        expect(world.acts).not.toContain("build web");
    });

    it.each([["a matching path", ["web/x.ts"]], ["an unknown difference", null]])("let %s through", async (_name, changed) => {
        world.changedPaths = changed;
        expect(await world.run(filtered())).toEqual({ status: "successful" });
    });
});

describe("a delivery of an older commit", () => {
    beforeEach(async () => {
        await world.run(aRun("d1", "bbb2"));
        world.acts.length = 0;
    });

    it("that came late changes nothing", async () => {
        expect(await world.run(aRun("d2", "aaa1"))).toMatchObject({ status: "cancelled", error: { code: "SUPERSEDED" } });
        expect(world.acts).not.toContain("deploying");
    });

    it("is deployed when the branch was moved back to it, or a person asks for it", async () => {
        expect(await world.run(aRun("d2", "aaa1", { triggeredBy: "manual" }))).toEqual({ status: "successful" });
        await world.run(aRun("d3", "bbb2"));
        world.branchHead = "aaa1";
        expect(await world.run(aRun("d4", "aaa1"))).toEqual({ status: "successful" });
    });
});

describe("one-click rollback", () => {
    it("returns to a kept release without fetching or building", async () => {
        await afterFirstRelease();
        await world.run(aRun("d2", "bbb2"));
        world.failing = { fetch: () => failure("GIT_UNREACHABLE"), build: () => failure("BUILD_FAILED"), pull: () => failure("PULL_FAILED") };
        expect(await world.run(aRun("d3", "aaa1", { kind: "rollback", previousDeploymentId: "d1" }))).toEqual({ status: "successful" });
        expect(world.images.get("blog-web")).toBe("sha256:built-aaa1-1");
        expect(world.folder.get("index.html")).toBe("one");
        expect(world.repository.lastSyncedCommit).toBe("bbb2");
        expect(world.releases.at(-1)).toMatchObject({ deploymentId: "d3", commitSha: "aaa1", status: "healthy" });
    });

    it("refuses before anything is touched when an image is gone", async () => {
        await afterFirstRelease();
        await world.run(aRun("d2", "bbb2"));
        world.images.delete("sha256:built-aaa1-1");
        expect(await world.run(aRun("d3", "aaa1", { kind: "rollback", previousDeploymentId: "d1" }))).toMatchObject({ status: "failed", error: { code: "IMAGE_MISSING" } });
        expect(world.images.get("blog-web")).toContain("bbb2");
    });
});

describe("a signal", () => {
    it.each([
        ["CANCELLED_BY_USER", "cancelled"],
        ["SUPERSEDED", "cancelled"],
        ["DEADLINE_EXCEEDED", "failed"],
        ["INTERRUPTED", "interrupted"],
    ] as const)("%s in the build ends the run %s", async (code, status) => {
        const controller = new AbortController();
        world.failing.build = () => {
            controller.abort(failure(code));
            return controller.signal.reason as DeployError;
        };
        expect(await world.run(aRun("d1", "aaa1"), controller.signal)).toMatchObject({ status });
        expect(world.acts).not.toContain("deploying");
    });

    it("to cancel does not stop a release, the deadline does and the stack goes back", async () => {
        await afterFirstRelease();
        const cancel = new AbortController();
        world.failing.up = () => {
            cancel.abort(failure("CANCELLED_BY_USER"));
            return null;
        };
        expect(await world.run(aRun("d2", "bbb2"), cancel.signal)).toEqual({ status: "successful" });

        const late = new AbortController();
        world.commit("ccc3", { "index.html": "three" });
        world.failing.up = () => {
            late.abort(failure("DEADLINE_EXCEEDED"));
            return null;
        };
        expect(await world.run(aRun("d3", "ccc3"), late.signal)).toMatchObject({ status: "rolled_back", error: { code: "DEADLINE_EXCEEDED" } });
    });
});

describe("after a crash in the release", () => {
    const crashed = async (candidateStatus: "candidate" | "failed" | "healthy") => {
        await afterFirstRelease();
        await world.run(aRun("d2", "bbb2"));
        const candidate = world.releases.at(-1)!;
        candidate.status = candidateStatus;
        world.images.set("blog-web", "sha256:built-aaa1-1");
        const row = { ...aRun("d2", "bbb2"), status: "deploying" as const, releaseId: candidate.id };
        world.deployments.set("d2", row);
        world.acts.length = 0;
        return await world.pipeline().resume(row, { signal: new AbortController().signal });
    };

    it("finishes what was begun", async () => {
        expect(await crashed("candidate")).toEqual({ status: "successful" });
        expect(world.images.get("blog-web")).toContain("bbb2");
    });

    it("goes on going back when that had begun", async () => {
        expect(await crashed("failed")).toMatchObject({ status: "rolled_back" });
        expect(world.images.get("blog-web")).toContain("aaa1");
    });

    it("says in the log why the steps of a build come a second time", async () => {
        const row = aRun("d1", "aaa1");
        world.deployments.set("d1", row);
        await world.pipeline().run(row, { signal: new AbortController().signal, isResumed: true });
        expect([world.log[0], world.log.at(-1)]).toEqual(["fetch: The server was restarted while this ran; the run starts over.", "cleanup: The deployment was successful."]);
    });

    it("has nothing to do when the release was proved healthy", async () => {
        expect(await crashed("healthy")).toEqual({ status: "successful" });
        expect(world.acts.filter((act) => act.startsWith("up"))).toEqual([]);
    });
});

it("refuses to deploy the stack that holds this server, and names the command", async () => {
    world.ownProject = "blog";
    expect(await world.run(aRun("d1", "aaa1"))).toMatchObject({ status: "failed", error: { code: "SELF_DEPLOY", message: expect.stringContaining("docker compose --project-directory /stacks/blog up -d --build") } });
});

it.each([
    ["a missing compose file", {}, { composePath: "nope.yaml" }, "COMPOSE_MISSING"],
    ["YAML that is none", { "compose.yaml": "services: [" }, {}, "COMPOSE_INVALID"],
    ["R8: a compose file under the name of another stack", { "compose.yaml": "name: other\nservices: {}\n" }, {}, "COMPOSE_POLICY"],
    ["R8: the name of another stack in a .env, also where the stack keeps its own compose file", { ".env": "COMPOSE_PROJECT_NAME=other\n" }, { buildType: "docker_build" }, "COMPOSE_POLICY"],
    ["R4: an env_file that is the server's own", { "compose.yaml": "services:\n  web:\n    image: x\n    env_file: /data/git-deploy/secret.key\n" }, {}, "COMPOSE_POLICY"],
    ["R4: an override whose path leaves the checkout", { "compose.override.yaml": "services:\n  web:\n    build: ../..\n" }, {}, "COMPOSE_POLICY"],
    ["a .env that names another compose file", { ".env": "A=1\nexport COMPOSE_FILE=evil.yaml\n" }, {}, "COMPOSE_POLICY"],
    ["a compose file of a size that nobody writes", { "compose.yaml": `services: {}\n#${"x".repeat(600_000)}` }, {}, "COMPOSE_INVALID"],
    ["anchors that multiply", { "compose.yaml": `a: &a [${"x,".repeat(50)}]\nb: &b [${"*a,".repeat(50)}]\nc: &c [${"*b,".repeat(50)}]\nd: [${"*c,".repeat(50)}]\n` }, {}, "COMPOSE_INVALID"],
    ["a path that leaves the checkout", { "compose.yaml": "services:\n  web:\n    build: ../..\n" }, {}, "COMPOSE_POLICY"],
] as const)("refuses %s", async (_name, files, config, code) => {
    world.commit("eee5", files);
    world.configure(config);
    expect(await world.run(aRun("d1", "eee5"))).toMatchObject({ status: "failed", error: { code } });
    expect(world.acts).not.toContain("deploying");
});

it("R11: refuses a program of this host that only Compose could find, in a file behind a variable", async () => {
    world.commit("eee5", {}, { name: "blog", services: { web: { image: "x", provider: { type: "touch" } } } });
    expect(await world.run(aRun("d1", "eee5"))).toMatchObject({ status: "failed", error: { code: "COMPOSE_POLICY", message: expect.stringContaining("services.web.provider") } });
    expect(world.acts).not.toContain("deploying");
});

it.each<[string, ComposeServiceModel, object]>([
    ["a Dockerfile", { build: { context: "/runs/d1/source", dockerfile: "../../../data/secret.key" } }, {}],
    ["a build", { build: { context: "/data/git-deploy", dockerfile: "Dockerfile" } }, {}],
    ["a further context", { build: { context: "/runs/d1/source", additional_contexts: { own: "/data/git-deploy" } } }, {}],
    ["a secret", { image: "x" }, { secrets: { key: { file: "/data/secret.key" } } }],
    ["a config", { image: "x" }, { configs: { key: { file: "/data/secret.key" } } }],
])("R4: refuses %s that a variable takes from the server's own files", async (_what, service, others) => {
    world.commit("eee5", {}, { name: "blog", services: { web: service }, ...others });
    expect(await world.run(aRun("d1", "eee5"))).toMatchObject({ status: "failed", error: { code: "COMPOSE_POLICY", message: expect.stringContaining("belongs to this server itself") } });
    expect(world.acts).not.toContain("deploying");
});

it("R8: refuses the name of a project that runs from another folder", async () => {
    world.otherProjects = ["media"];
    world.commit("eee5", { "compose.yaml": "name: media\nservices: {}\n" });
    expect(await world.run(aRun("d1", "eee5"))).toMatchObject({ status: "failed", error: { code: "COMPOSE_POLICY", message: expect.stringContaining("media") } });
});
