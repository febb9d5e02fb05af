import { beforeEach, describe, expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import type { TreeEntry } from "../../../backend/domain/ports.ts";
import { pickComposeFile, suggestBuild } from "../../../backend/services/repository/suggest-build.ts";
import { PERSON, ServiceWorld, START } from "../../fixtures/service-world.ts";

let world: ServiceWorld;

beforeEach(() => {
    world = new ServiceWorld();
});

describe("API tokens", () => {
    it("are shown once and stored as a hash", async () => {
        const { token, apiToken } = await world.services.apiTokens.create({ name: "ci" }, PERSON);
        expect(token).toMatch(/^gdt_/);
        expect(JSON.stringify([world.tokens, world.audit, await world.services.apiTokens.list()])).not.toContain(token);
        expect(await world.services.apiTokens.authenticate(token)).toMatchObject({ id: apiToken.id, name: "ci" });
        // When it was used last cannot be written on a full disk; the token counts all the same.
        world.tokenStore.touch = async () => await Promise.reject(new DeployError("DISK_FULL", "The disk is full."));
        world.now += 3_600_000;
        expect(await world.services.apiTokens.authenticate(token)).toMatchObject({ id: apiToken.id });
        expect(world.tokens[0]?.lastUsedAt).toBe(START);
    });

    it("end by revocation and by time", async () => {
        const first = await world.services.apiTokens.create({ name: "a" }, PERSON);
        await world.services.apiTokens.revoke(first.apiToken.id, PERSON);
        expect(await world.services.apiTokens.authenticate(first.token)).toBeNull();
        await expect(world.services.apiTokens.revoke(first.apiToken.id, PERSON)).rejects.toMatchObject({ code: "NOT_FOUND" });
        const second = await world.services.apiTokens.create({ name: "b", expiresAt: new Date(START + 1000).toISOString() }, PERSON);
        world.now += 1000;
        expect(await world.services.apiTokens.authenticate(second.token)).toBeNull();
        await expect(world.services.apiTokens.create({ name: "c", expiresAt: new Date(START).toISOString() }, PERSON)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });
});

describe("deliveries", () => {
    it("tell what was pushed as far as their deployment does", async () => {
        const { id } = await world.link();
        world.succeed("d1", { commitSha: "a".repeat(40), branch: "main" });
        world.deliver("e1", id, { deploymentId: "d1" });
        world.deliver("e2", id, { deploymentId: "gone" });
        world.deliver("e3", id, { deploymentId: null });
        const { items } = await world.services.webhookEvents.listOfStack("blog", { page: 1, perPage: 20 });
        expect(items.map(({ commitSha, branch, tag }) => [commitSha, branch, tag])).toEqual([["a".repeat(40), "main", null], [null, null, null], [null, null, null]]);
        expect(await world.services.webhookEvents.get("e1")).toMatchObject({ commitSha: "a".repeat(40), branch: "main" });
    });

    it("are listed by stack and by repository, and are processed again", async () => {
        const { id } = await world.link();
        world.deliver("e1", id);
        world.deliver("e2", id, { verified: false, payload: null, verdict: "SIGNATURE_INVALID" });
        const page = { items: [{ id: "e1" }, { id: "e2", verified: false, verdict: "SIGNATURE_INVALID" }], total: 2, page: 1, perPage: 20 };
        expect(await world.services.webhookEvents.listOfStack("blog", { page: 1, perPage: 20 })).toMatchObject(page);
        expect(await world.services.webhookEvents.listOfRepository(id, { page: 1, perPage: 20 })).toMatchObject(page);
        expect(await world.services.webhookEvents.process("e1", PERSON)).toEqual({ verdict: "deploy", deploymentId: "d9" });
        expect(world.processed).toEqual(["e1"]);
    });
});

describe("what a stack's JSON gains", () => {
    it("takes as many queries for a thousand stacks as for two", async () => {
        const names = Array.from({ length: 1000 }, (_, index) => `stack-${index}`);
        for (const name of names) {
            const { id } = await world.link(name);
            world.succeed(`d-${name}`, { stackId: name });
            world.deliver(`e-${name}`, id);
        }
        const count = async (asked: string[]) => {
            world.queries = 0;
            const fields = await world.stackGit.fields(asked);
            expect(fields.size).toBe(asked.length);
            return world.queries;
        };
        expect(await count(names)).toBe(await count(names.slice(0, 2)));
        const fields = (await world.stackGit.fields(names)).get("stack-500");
        expect(fields).toMatchObject({ gitRepository: { stackId: "stack-500", lastDelivery: { verified: true } }, latestDeployment: { id: "d-stack-500", canRollBackTo: true }, deploymentHistory: [] });
    });

    it("tells which of its files the last healthy release brought", async () => {
        await world.link();
        const tracked = async () => (await world.stackGit.fields(["blog"])).get("blog")?.gitRepository?.trackedFiles;
        expect(await tracked()).toEqual({ compose: false, env: false });
        world.succeed("d1");
        expect(await tracked()).toEqual({ compose: true, env: false });
        world.succeed("d2", {}, { composeFile: null, isEnvTracked: true });
        expect(await tracked()).toEqual({ compose: false, env: true });
        // Of a release from before it was written down nobody knows: nothing is offered that may not last.
        world.succeed("d3", {}, { isEnvTracked: null });
        expect(await tracked()).toEqual({ compose: true, env: true });
    });

    it("has the first page of the history for a single stack, and nothing for a plain one", async () => {
        await world.link();
        world.succeed("d1");
        world.succeed("d2");
        expect((await world.stackGit.fields(["blog"])).get("blog")).toMatchObject({ latestDeployment: { id: "d2" }, deploymentHistory: [{ id: "d2" }, { id: "d1" }] });
        expect((await world.stackGit.fields(["plain"])).get("plain")).toEqual({ gitRepository: null, buildConfig: null, latestDeployment: null, deploymentHistory: [] });
    });
});

describe("a guess of how to build", () => {
    const entry = (path: string, mode: TreeEntry["mode"] = "100644"): TreeEntry => ({ path, mode, blobId: path, size: 1 });

    it.each([
        ["a compose file that builds", ["compose.yaml", "Dockerfile"], "services:\n  web:\n    build: .\n", { buildType: "compose_build", composePath: "compose.yaml" }],
        ["a compose file that only pulls", ["compose.yaml"], "services:\n  web:\n    image: nginx\n", { buildType: "compose_only" }],
        ["unreadable YAML", ["compose.yaml"], "services: [", { buildType: "compose_build" }],
        ["a compose file in a folder", ["deploy/docker-compose.prod.yml", "a/b/c/compose.yaml"], "{}", { composePath: "deploy/docker-compose.prod.yml", buildType: "compose_only" }],
        ["only a Dockerfile", ["src/main.go", "build/Dockerfile"], null, { buildType: "docker_build", dockerfilePath: "build/Dockerfile", composePath: null }],
        ["neither", ["package.json", "package-lock.json"], null, { buildType: "script", script: expect.stringContaining("npm ci") }],
    ])("from %s", (_what, paths, composeText, expected) => {
        const files = paths.map((path) => entry(path));
        expect(suggestBuild(files, pickComposeFile(files), composeText)).toMatchObject(expected);
    });

    it("never offers a symbolic link", () => {
        const files = [entry("compose.yaml", "120000"), entry("docker-compose.yml")];
        expect(pickComposeFile(files)?.path).toBe("docker-compose.yml");
        expect(suggestBuild(files, null, null).composeFiles).toEqual(["docker-compose.yml"]);
    });
});
