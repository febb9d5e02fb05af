import { beforeEach, describe, expect, it } from "vitest";
import { deploymentStatisticsInput, deployRulesTestInput } from "../../../../common/stack-insight.ts";
import type { ContainerState } from "../../../../backend/domain/ports.ts";
import { withManagedBlock } from "../../../../backend/domain/compose/env-file.ts";
import { Secret } from "../../../../backend/domain/secret.ts";
import { HEAD, PERSON, ServiceWorld, START } from "../../../fixtures/service-world.ts";

const OLD = "1".repeat(40);
const MIDDLE = "2".repeat(40);

let world: ServiceWorld;

beforeEach(async () => {
    world = new ServiceWorld();
    await world.link();
});

/** An older release, and the one that runs. */
async function twoReleases(): Promise<void> {
    const { id: repositoryId } = world.repository();
    await world.services.buildConfigs.save("blog", { environmentVariables: [{ name: "LEVEL", value: "info", secret: false }, { name: "TOKEN", value: "new-token", secret: true }] }, PERSON);
    const env = (level: string, token: string) => withManagedBlock("OWN=1\n", [{ name: "LEVEL", value: level }, { name: "TOKEN", value: token }]);
    world.history = [OLD, MIDDLE, HEAD];
    world.trees = { "tree-old": { "compose.yaml": "compose-old", "a.txt": "same", "gone.txt": "x" }, "tree-new": { "compose.yaml": "compose-new", "a.txt": "same", "new.txt": "y" } };
    world.blobs = { "compose.yaml": "services:\n  web:\n    image: web:1\n" };
    world.succeed("d1", { commitSha: OLD, commitMessage: "The first" }, { commitSha: OLD, treeId: "tree-old", repositoryId, env: new Secret(env("debug", "old-token") ?? "") });
    world.succeed("d2", {}, { treeId: "tree-new", repositoryId, env: new Secret(env("info", "new-token") ?? "") });
    world.stackFiles = { "compose.yaml": "services:\n  web:\n    image: web:2\n", ".env": env("info", "new-token") ?? "" };
}

describe("what a rollback would change", () => {
    it("is told without the network: commits, compose file, variables and files", async () => {
        await twoReleases();
        world.asked.splice(0);
        const comparison = await world.services.comparison.compare("blog", { deploymentId: "d1" });
        expect(comparison).toMatchObject({
            current: { sha: HEAD, deploymentId: "d2", message: "Say hello" },
            target: { sha: OLD, deploymentId: "d1", message: "The first", branch: "main" },
            relation: "older",
            commits: [{ sha: HEAD, author: "Ann" }, { sha: MIDDLE }],
            hasMoreCommits: false,
            compose: { isChanged: true, before: expect.stringContaining("web:2"), after: expect.stringContaining("web:1") },
            files: { paths: ["gone.txt", "new.txt"], total: 2 },
        });
        expect(comparison.environment).toEqual([
            { name: "LEVEL", change: "changed", before: { value: "info" }, after: { value: null } },
            { name: "TOKEN", change: "changed", before: { value: null }, after: { value: null } },
        ]);
        expect(JSON.stringify(comparison)).not.toMatch(/old-token|new-token/);
        expect(world.asked).toEqual([]);
    });

    it("is refused for what cannot be returned to, and for somebody else's deployment", async () => {
        await twoReleases();
        const compare = (deploymentId: string) => world.services.comparison.compare("blog", { deploymentId });
        await expect(compare("none")).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_FOUND" });
        world.succeed("d3", { stackId: "shop" });
        await expect(compare("d3")).rejects.toMatchObject({ code: "DEPLOYMENT_NOT_FOUND" });
        world.succeed("d4", { status: "failed" });
        await expect(compare("d4")).rejects.toMatchObject({ code: "RELEASE_NOT_KEPT" });
        world.succeed("d5", {}, { status: "removed" });
        await expect(compare("d5")).rejects.toMatchObject({ code: "RELEASE_NOT_KEPT" });
    });
});

describe("what a deployment would change", () => {
    it("takes the compose file and the variables as a release would write them", async () => {
        await twoReleases();
        world.files = { "deploy/compose.yaml": "services:\n  web:\n    image: web:3\n", "deploy/.env": "OWN=2\n" };
        world.blobs = {};
        await world.services.buildConfigs.save("blog", { composePath: "deploy/compose.yaml" }, PERSON);
        const comparison = await world.services.comparison.compare("blog", {});
        expect(comparison).toMatchObject({ target: { sha: HEAD, branch: "main", deploymentId: null }, relation: "same", commits: [] });
        expect(comparison.compose?.after).toContain("web:3");
        expect(comparison.environment).toEqual([{ name: "OWN", change: "changed", before: { value: "1" }, after: { value: "2" } }]);
    });

    it("tells of a stack that never ran, and of a ref that is not there", async () => {
        expect(await world.services.comparison.compare("blog", { ref: "next" })).toMatchObject({ current: null, relation: "unrelated", target: { branch: "next" }, files: { total: 2 } });
        await expect(world.services.comparison.compare("blog", { ref: "nowhere" })).rejects.toMatchObject({ code: "GIT_REF_MISSING" });
    });

    it("compares no text that is too long to be looked at", async () => {
        world.files = { "compose.yaml": `services: {}\n${"# long\n".repeat(60_000)}` };
        expect((await world.services.comparison.compare("blog", {})).compose).toEqual({ isChanged: true, before: null, after: null });
    });
});

describe("would this push deploy?", () => {
    const ask = async (question: Parameters<typeof deployRulesTestInput.parse>[0]) => await world.services.deployRules.test("blog", deployRulesTestInput.parse(question));

    it("asks the verdict of the server, with the rules that are being typed", async () => {
        expect(await ask({ name: "main" })).toMatchObject({ verdict: "deploy", code: null, reason: expect.stringContaining("main") });
        expect(await ask({ name: "next" })).toMatchObject({ verdict: "ignore", code: "BRANCH_NOT_MATCHED" });
        expect(await ask({ name: "next", rules: { autoDeployBranches: ["main|next"] } })).toMatchObject({ verdict: "deploy" });
        expect(await ask({ name: "main", message: "Typo [skip ci]" })).toMatchObject({ verdict: "ignore", code: "SKIP_MARKER" });
        expect(await ask({ name: "v1.2.3", refType: "tag", rules: { autoDeployTags: ["v.*"] } })).toMatchObject({ verdict: "deploy", reason: expect.stringContaining("v1.2.3") });
        expect(await ask({ name: "main", rules: { autoDeployOnPush: false } })).toMatchObject({ code: "AUTO_DEPLOY_OFF" });
        expect(await ask({ name: "main", trigger: "scheduled", rules: { autoDeployOnPush: false } })).toMatchObject({ verdict: "deploy" });
    });

    it("says which of the paths count", async () => {
        const rules = { includePaths: ["src/**"], excludePaths: ["**/*.md"] };
        expect(await ask({ name: "main", changedPaths: ["src/a.ts", "src/README.md", "docs/b"], rules })).toMatchObject({
            verdict: "deploy",
            paths: [{ path: "src/a.ts", counts: true }, { path: "src/README.md", counts: false }, { path: "docs/b", counts: false }],
        });
        expect(await ask({ name: "main", changedPaths: ["docs/b"], rules })).toMatchObject({ code: "PATHS_UNCHANGED" });
        expect((await ask({ name: "main", rules })).reason).toContain("path filter");
    });

    it("names an expression that is none", async () => {
        await expect(ask({ name: "main", rules: { autoDeployBranches: ["(?=x)"] } })).rejects.toMatchObject({ code: "INPUT_INVALID", message: expect.stringMatching(/^autoDeployBranches: /) });
    });
});

describe("trying the health check", () => {
    const container = (service: string, publicPort: number | null): ContainerState => ({
        id: service, name: service, project: "blog", service, state: "running", health: "none", exitCode: null, restartCount: 0, startedAt: null, imageId: "i", isOneOff: false,
        ports: [{ privatePort: 80, publicPort, address: "", protocol: "tcp" }], addresses: {}, lastHealthOutput: null,
    });
    const attempt = async (healthCheckPath?: string) => await world.services.healthCheck.attempt("blog", healthCheckPath === undefined ? {} : { healthCheckPath });

    it("says what was answered, and by whom", async () => {
        world.stackFiles = { "compose.yaml": "services:\n  web: {}\n  db: {}\n" };
        world.containers = [container("db", 5432), container("web", 8080)];
        world.answers = { "http://127.0.0.1:8080/healthz": 204, "http://127.0.0.1:5432/": 500 };
        expect(await attempt("/healthz")).toMatchObject({ isHealthy: true, status: 204, url: "http://127.0.0.1:8080/healthz" });
        expect(await attempt("db/")).toMatchObject({ isHealthy: false, status: 500, message: expect.stringContaining("500") });
        expect(await attempt("/nobody")).toMatchObject({ isHealthy: false, status: null, message: "Nobody answers." });
    });

    it("says why nobody could be asked", async () => {
        expect(await attempt("/healthz")).toMatchObject({ isHealthy: false, url: null, message: expect.stringContaining("does not run") });
        world.containers = [container("web", null)];
        expect(await attempt("/healthz")).toMatchObject({ isHealthy: false, message: expect.stringContaining("publishes a port") });
        await expect(attempt()).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });
});

describe("the remote", () => {
    it("is ahead while its newest commit is not what runs, and not while that is on its way", async () => {
        await twoReleases();
        const next = "3".repeat(40);
        world.history.push(next);
        await world.repositoryStore.update(world.repository().id, { lastSyncedCommit: next, lastSyncedAt: START });
        expect(await world.services.remoteState.known("blog")).toEqual({
            branch: "main",
            deployed: { sha: HEAD, message: "Say hello", author: "Ann" },
            remote: { sha: next, message: "Change 3333", author: "Ann", seenAt: new Date(START).toISOString() },
            isAhead: true,
            commitCount: 1,
        });
        await world.services.deployments.deploy("blog", {}, PERSON);
        expect(await world.services.remoteState.known("blog")).toMatchObject({ isAhead: false });
    });

    it("is looked at when a person asks, and everybody sees what it has", async () => {
        world.succeed("d1", { commitSha: OLD }, { commitSha: OLD });
        expect(await world.services.remoteState.known("blog")).toMatchObject({ remote: null, isAhead: false, commitCount: null });
        expect(await world.services.remoteState.check("blog")).toMatchObject({ remote: { sha: HEAD, message: "m" }, isAhead: true });
        expect([world.repository().lastSyncedCommit, world.headsSeen]).toEqual([HEAD, ["blog"]]);
    });

    it("lists what a stack can be built from, so many at most", async () => {
        world.files = { ...Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`apps/${String(index).padStart(3, "0")}/compose.yaml`, ""])), "compose.yaml": "", "web/Dockerfile": "", "notes.yaml": "" };
        const list = await world.services.remoteState.composeFiles("blog", { branch: "next" });
        expect(list).toMatchObject({ branch: "next", commitSha: HEAD, dockerfiles: ["web/Dockerfile"], isTruncated: true });
        expect([list.composeFiles[0], list.composeFiles.length]).toEqual(["compose.yaml", 200]);
    });
});

describe("the statistics", () => {
    it("end today by the clock of whoever asks", async () => {
        world.now = Date.parse("2026-01-31T23:30:00Z");
        const last = async (utcOffset: number) => (await world.services.statistics.read("blog", deploymentStatisticsInput.parse({ days: 7, utcOffset }))).days.at(-1)?.date;
        expect([await last(0), await last(60), await last(-720)]).toEqual(["2026-01-31", "2026-02-01", "2026-01-31"]);
        await expect(world.services.statistics.read("nowhere", { days: 7, utcOffset: 0 })).rejects.toMatchObject({ code: "STACK_NOT_FOUND" });
    });
});
