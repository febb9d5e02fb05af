import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, startServer, TestServer } from "../fixtures/server.ts";
import { startSshServer, type SshServer } from "../fixtures/ssh-server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { composeFile, idleService, webService } from "../fixtures/web-service.ts";

let bed: TestBed;
let ssh: SshServer;

beforeAll(async () => {
    bed = await openTestBed();
    ssh = await startSshServer();
});

afterAll(async () => {
    await ssh.close();
    await bed.close();
});

interface Refusal {
    ok: boolean;
    code: string;
    message: string;
}

/** Every refusal has a code for programs and a sentence for people. */
function expectRefusal(reply: { status: number; body: Refusal }, ...codes: string[]): void {
    expect(codes).toContain(reply.body.code);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.body.ok).toBe(false);
    expect(reply.body.message.length).toBeGreaterThan(10);
}

describe("a repository that cannot be", () => {
    let stack: LinkedStack;
    let before: unknown;

    beforeAll(async () => {
        stack = await bed.link({ purpose: "repository" });
        before = await stack.api.expectOk("GET", `${stack.path}/repository`);
    });

    it.each([
        ["an ext:: URL", { url: "ext::sh -c touch% /tmp/pwned" }, ["GIT_URL_INVALID"]],
        ["a file:// URL", { url: "file:///etc" }, ["GIT_URL_INVALID"]],
        ["a path", { url: "/etc" }, ["GIT_URL_INVALID"]],
        ["an option", { url: "--upload-pack=touch" }, ["GIT_URL_INVALID"]],
        ["a host that is an option", { url: "ssh://-oProxyCommand=touch/x.git" }, ["GIT_URL_INVALID"]],
        ["plain http to a host that is not named", { url: "http://example.org/x.git" }, ["GIT_URL_INVALID"]],
        ["a metadata address", { url: "https://169.254.169.254/x.git" }, ["GIT_URL_INVALID"]],
        ["a line break", { url: "https://example.org/x.git\nProxyCommand" }, ["GIT_URL_INVALID", "INPUT_INVALID"]],
        ["a branch that is an option", { branch: "--upload-pack=x" }, ["INPUT_INVALID", "GIT_REF_INVALID"]],
        ["a branch with a way up", { branch: "a/../b" }, ["INPUT_INVALID", "GIT_REF_INVALID"]],
        ["an unknown field", { urll: "x" }, ["INPUT_INVALID"]],
        ["a key that is none", { authType: "ssh_key", credentials: { privateKey: "not a key" } }, ["SSH_KEY_INVALID"]],
    ])("%s is refused and nothing is changed", async (_what, change, codes) => {
        expectRefusal(await stack.api.put<Refusal>(`${stack.path}/repository`, change), ...codes);
        expect(await stack.api.expectOk("GET", `${stack.path}/repository`)).toEqual(before);
    });

    it("a host where nobody listens is said to be unreachable", async () => {
        const url = `http://127.0.0.1:${await freePort()}/x.git`;
        expectRefusal(await stack.api.post<Refusal>(`${stack.path}/repository/test`, { url, authType: "none" }), "GIT_UNREACHABLE");
    });

    it("a key that the server does not know, a token that is wrong and a repository that is not there are told apart", async () => {
        expectRefusal(await stack.api.post<Refusal>(`${stack.path}/repository/test`, { authType: "http_token", credentials: { token: "wrong" } }), "GIT_AUTH_FAILED");
        const missing = `${bed.git.url}/nowhere.git`;
        expectRefusal(await stack.api.post<Refusal>(`${stack.path}/repository/test`, { url: missing, authType: "http_token", credentials: { token: bed.git.token } }), "GIT_REPOSITORY_MISSING");

        const byKey = await bed.link({ purpose: "wrong-key" });
        await byKey.api.expectOk("PUT", `${byKey.path}/repository`, { url: ssh.urlOf(byKey.repository.directory), authType: "ssh_key", confirmHostKey: ssh.hostFingerprint() });
        await ssh.authorize();
        expectRefusal(await byKey.api.post<Refusal>(`${byKey.path}/repository/test`, {}), "GIT_AUTH_FAILED");
    });

    it("a stored token is never sent to another host", async () => {
        const seen: string[] = [];
        const stranger = http.createServer((request, response) => {
            seen.push(request.headers.authorization ?? "");
            response.writeHead(401, { "www-authenticate": "Basic" }).end();
        });
        const port = await freePort();
        await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
        const url = `http://127.0.0.1:${port}/${stack.name}.git`;
        const reply = await stack.api.post<Refusal>(`${stack.path}/repository/test`, { url });
        expect(reply.body.ok).toBe(false);
        expect(seen.filter((header) => header !== "")).toEqual([]);
        stranger.closeAllConnections();
        stranger.close();
    });
});

describe("names and paths that lead elsewhere", () => {
    it.each(["..", "..%2F..%2Fetc", "UPPER", ".hidden", "-rf", "a%00b", "a%2Fb", "x".repeat(200)])("stack name %s", async (name) => {
        const folders = await readdir(bed.server.stacksDirectory);
        const reply = await bed.server.api.put<Refusal>(`/api/v1/stacks/${name}`, {});
        expect(reply.status).toBeGreaterThanOrEqual(400);
        expect(reply.status).toBeLessThan(500);
        expect(reply.body.code).toMatch(/^(STACK_NAME_INVALID|NOT_FOUND|STACK_NOT_FOUND|INPUT_INVALID)$/);
        expect(await readdir(bed.server.stacksDirectory)).toEqual(folders);
    });

    it.each([
        { composePath: "../compose.yaml" },
        { composePath: "/etc/passwd" },
        { composePath: "a\\..\\b" },
        { dockerfilePath: "a/../../Dockerfile" },
        { dockerfilePath: "-f" },
        { healthCheckPath: "http://169.254.169.254/" },
        { autoDeployBranches: ["("] },
        { timeout: -1 },
        { commandImage: "--privileged" },
        { environmentVariables: [{ name: "A B", value: "x" }] },
        { buildArgs: [{ name: "--x", value: "x" }] },
    ])("build config %o", async (change) => {
        const stack = await shared();
        const before = await stack.api.expectOk("GET", `${stack.path}/build-config`);
        expectRefusal(await stack.api.put<Refusal>(`${stack.path}/build-config`, change), "INPUT_INVALID");
        expect(await stack.api.expectOk("GET", `${stack.path}/build-config`)).toEqual(before);
    });

    let sharedStack: Promise<LinkedStack> | null = null;
    function shared(): Promise<LinkedStack> {
        sharedStack ??= bed.link({ purpose: "shared" });
        return sharedStack;
    }

    it.each([{ ref: "--upload-pack=x" }, { ref: "a..b" }, { commitSha: "HEAD" }, { commitSha: "abc" }])("deploy %o", async (body) => {
        const stack = await shared();
        expectRefusal(await stack.api.post<Refusal>(`${stack.path}/deployments`, body), "INPUT_INVALID", "GIT_REF_INVALID");
        expect(await stack.deployments()).toEqual([]);
    });

    it("without a token, or with a wrong one, there is nothing to see", async () => {
        for (const authorization of ["", "Bearer ", "Bearer wrong", `Basic ${Buffer.from("admin:admin").toString("base64")}`]) {
            const reply = await fetch(`${bed.server.url}/api/v1/stacks`, { headers: authorization === "" ? {} : { authorization } });
            expect(reply.status).toBe(401);
            expect(["NOT_LOGGED_IN", "TOKEN_INVALID"]).toContain(((await reply.json()) as Refusal).code);
        }
    });
});

describe("a commit that cannot be deployed leaves the stack as it is", () => {
    let stack: LinkedStack;

    beforeAll(async () => {
        stack = await bed.link({ purpose: "commit" });
        expect((await stack.pushAndWait(webService({ port: stack.port, version: "one" }))).status).toBe("successful");
    });

    async function expectFailure(change: Parameters<LinkedStack["push"]>[0], ...codes: string[]): Promise<void> {
        const containers = await stack.containers();
        const compose = await stack.read("compose.yaml");
        const good = (await stack.repository.find("refs/heads/main")) ?? "";
        const done = await stack.pushAndWait(change);
        expect(codes).toContain(done.errorCode);
        expect(done.status).toBe("failed");
        expect((done.error ?? "").length).toBeGreaterThan(10);
        expect(await stack.containers()).toEqual(containers);
        expect(await stack.read("compose.yaml")).toBe(compose);
        expect(await stack.served()).toBe("one");
        await stack.repository.branch("main", good);
    }

    it("no compose file", async () => await expectFailure({ "compose.yaml": null }, "COMPOSE_MISSING"));
    it("YAML that is none", async () => await expectFailure({ "compose.yaml": "services: [\n" }, "COMPOSE_INVALID"));
    it("YAML that is no compose file", async () => await expectFailure({ "compose.yaml": "services:\n  web:\n    imagee: x\n" }, "COMPOSE_INVALID"));
    it("a compose file that is a symbolic link out of the checkout", async () => await expectFailure({ "compose.yaml": { symlink: "/etc/passwd" } }, "SYMLINK_REFUSED", "PATH_OUTSIDE_CHECKOUT"));
    it("no Dockerfile", async () => await expectFailure({ Dockerfile: null }, "DOCKERFILE_MISSING", "BUILD_FAILED"));
    it("a build context outside of the checkout", async () =>
        await expectFailure({ "compose.yaml": composeFile({ port: stack.port }).replace("build: .\n", "build: ../../..\n") }, "PATH_OUTSIDE_CHECKOUT", "COMPOSE_POLICY"));

    it("an unknown branch, and a commit that is not there", async () => {
        const noBranch = await stack.api.post<{ id?: string; code?: string }>(`${stack.path}/deployments`, { ref: "nowhere" });
        const code = noBranch.body.id === undefined ? noBranch.body.code : (await stack.finished(noBranch.body.id)).errorCode;
        expect(code).toBe("GIT_REF_MISSING");
        const gone = await stack.deployAndWait({ commitSha: "f".repeat(40) });
        expect(["COMMIT_GONE", "GIT_REF_MISSING"]).toContain(gone.errorCode);
        expect(await stack.served()).toBe("one");
    });

    it("a port that somebody else has", async () => {
        const taken = await freePort();
        const squatter = http.createServer();
        await new Promise<void>((resolve) => squatter.listen(taken, "127.0.0.1", resolve));
        const done = await stack.pushAndWait({ "compose.yaml": composeFile({ port: taken }) });
        squatter.close();
        expect(done).toMatchObject({ status: "rolled_back", errorCode: "UP_FAILED" });
        expect(done.error).toMatch(/port|address/i);
        expect(await stack.served()).toBe("one");
    });
});

describe("a machine in trouble", () => {
    it("without a Docker daemon the run says so, and the server lives", async () => {
        const server = await startServer({ env: { GIT_DEPLOY_DOCKER_SOCKET: "/nowhere/docker.sock", DOCKER_HOST: "unix:///nowhere/docker.sock" } });
        try {
            const health = await server.api.get<{ docker: unknown }>("/api/health");
            expect(health.body.docker).toBe("unavailable");
            const repository = await bed.repositories.create("no-docker");
            await repository.commit({ "compose.yaml": `services:\n${idleService("main")}\n` });
            await server.api.expectOk("PUT", "/api/v1/stacks/no-docker", {});
            await server.api.expectOk("PUT", "/api/v1/stacks/no-docker/repository", { url: bed.git.urlOf("no-docker"), branch: "main", authType: "http_token", credentials: { token: bed.git.token } });
            await server.api.expectOk("PUT", "/api/v1/stacks/no-docker/build-config", { buildType: "compose_only", maxRetries: 0 });
            const stack = await bed.adopt("no-docker", repository, server);
            const done = await stack.deployAndWait();
            expect(done).toMatchObject({ status: "failed", errorCode: "DOCKER_UNAVAILABLE" });
        } finally {
            await server.remove();
        }
    });

    it("with its port in use the server says so and ends", async () => {
        const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-port-"));
        const second = new TestServer(folder, bed.server.port, {});
        const { exitCode, output } = await second.expectNoStart();
        expect(exitCode).not.toBe(0);
        expect(output).toContain(String(bed.server.port));
        expect(output).toMatch(/in use/i);
        await rm(folder, { recursive: true, force: true });
    });

    it("with its data folder in use by another server it says so and ends", async () => {
        const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-lock-"));
        const second = new TestServer(folder, await freePort(), { dataDirectory: bed.server.dataDirectory, stacksDirectory: bed.server.stacksDirectory });
        const { exitCode, output } = await second.expectNoStart();
        expect(exitCode).not.toBe(0);
        expect(output).toContain(bed.server.dataDirectory);
        await rm(folder, { recursive: true, force: true });
    });

    it("with a full disk the release is taken back", async (context) => {
        const stacksDirectory = await mkdtemp(path.join(os.tmpdir(), "git-deploy-full-"));
        if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", stacksDirectory]).status !== 0) {
            context.skip("mounting a small file system takes root");
        }
        const server = await startServer({ stacksDirectory });
        try {
            const name = bed.newProject("full");
            const repository = await bed.repositories.create(name);
            await server.api.expectOk("PUT", `/api/v1/stacks/${name}`, {});
            await server.api.expectOk("PUT", `/api/v1/stacks/${name}/repository`, { url: bed.git.urlOf(name), branch: "main", authType: "http_token", credentials: { token: bed.git.token } });
            await server.api.expectOk("PUT", `/api/v1/stacks/${name}/build-config`, { settleTime: 0, maxRetries: 0 });
            const stack = await bed.adopt(name, repository, server);
            await stack.commit(webService({ port: stack.port, version: "one" }));
            expect((await stack.deployAndWait()).status).toBe("successful");
            await writeFile(path.join(stacksDirectory, name, "upload.bin"), Buffer.alloc(256 * 1024));
            await stack.commit({ "big.bin": Buffer.alloc(2 * 1024 * 1024, 7), "www/index.html": "two\n" });
            const done = await stack.deployAndWait();
            expect(["failed", "rolled_back"]).toContain(done.status);
            expect(done.errorCode).toBe("DISK_FULL");
            expect(await stack.served()).toBe("one");
            expect(await stack.read("www", "index.html")).toBe("one\n");
        } finally {
            await server.remove();
            spawnSync("umount", [stacksDirectory]);
            await rm(stacksDirectory, { recursive: true, force: true });
        }
    });
});
