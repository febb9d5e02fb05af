import { stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSshServer, type SshServer } from "../fixtures/ssh-server.ts";
import { openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { idleService, webService } from "../fixtures/web-service.ts";

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

describe("a signed push", () => {
    it("over HTTP with a token becomes the running stack", async () => {
        const stack = await bed.link({ purpose: "http" });
        const first = await stack.pushAndWait(webService({ port: stack.port, version: "one" }), { message: "Say one" });

        expect(first).toMatchObject({ status: "successful", triggeredBy: "webhook", commitSha: first.sha, commitMessage: "Say one", branch: "main", errorCode: null });
        expect(first.commitAuthor).toContain("Ada Example");
        expect(await stack.served()).toBe("one");
        expect(first.steps.map(({ name }) => name)).toEqual(expect.arrayContaining(["fetch", "checkout", "build", "release", "health"]));
        expect(first.steps.every(({ status }) => status === "successful" || status === "skipped")).toBe(true);
        expect(await stack.log(first.id)).toContain("serve.sh");
        await expect(stat(stack.file(".git"))).rejects.toThrow("ENOENT");

        const second = await stack.pushAndWait({ "www/index.html": "two\n" });
        expect(second.status).toBe("successful");
        expect(second.previousDeploymentId).toBe(first.id);
        expect(await stack.served()).toBe("two");
    });

    it("over SSH with the generated key becomes the running stack, once the person has confirmed the host key", async () => {
        const name = bed.newProject("ssh");
        const repository = await bed.repositories.create(name);
        const { api } = bed.server;
        await api.expectOk("PUT", `/api/v1/stacks/${name}`, {});
        const saved = await api.expectOk<{ publicKey: string; publicKeyFingerprint: string; url: string }>("PUT", `/api/v1/stacks/${name}/repository`, {
            url: ssh.urlOf(repository.directory),
            branch: "main",
            authType: "ssh_key",
            provider: "gitea",
        });
        expect(saved.publicKey).toMatch(/^ssh-ed25519 /);
        expect(saved.publicKeyFingerprint).toMatch(/^SHA256:/);
        await ssh.authorize(saved.publicKey);
        await repository.commit({ "compose.yaml": `services:\n${idleService("main")}\n` });

        const unconfirmed = await api.post<{ code: string; message: string }>(`/api/v1/stacks/${name}/repository/test`, {});
        expect(unconfirmed.body.code).toBe("GIT_HOST_KEY_UNKNOWN");
        expect(JSON.stringify(unconfirmed.body)).toContain(ssh.hostFingerprint());

        await api.expectOk("PUT", `/api/v1/stacks/${name}/repository`, { confirmHostKey: ssh.hostFingerprint() });
        const tested = await api.expectOk<{ branches: string[] }>("POST", `/api/v1/stacks/${name}/repository/test`, {});
        expect(tested.branches).toEqual(["main"]);

        await api.expectOk("PUT", `/api/v1/stacks/${name}/build-config`, { buildType: "compose_only", settleTime: 1 });
        const started = await api.expectOk<{ id: string }>("POST", `/api/v1/stacks/${name}/deployments`, {});
        const stack = await bed.adopt(name, repository);
        const done = await stack.finished(started.id);
        expect(done).toMatchObject({ status: "successful", error: null });
        expect((await stack.containers()).map(({ service, state }) => `${service} ${state}`)).toEqual(["main running"]);
    });
});

describe("which pushes deploy", () => {
    it("leaves the stack alone when only paths outside of the filter changed", async () => {
        const stack = await bed.link({ purpose: "docs", buildConfig: { excludePaths: ["docs/**", "*.md"] } });
        await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        const before = await stack.containers();

        const { reply, deploymentId } = await stack.push({ "docs/guide.md": "Read this.\n", "README.md": "Hello.\n" }, { message: "Only words" });
        if (deploymentId === "") {
            expect(reply).toMatchObject({ status: 200, body: { ok: true, ignored: "PATHS_UNCHANGED" } });
        } else {
            expect(await stack.finished(deploymentId)).toMatchObject({ status: "cancelled", errorCode: "PATHS_UNCHANGED" });
        }
        expect((await stack.events())[0]?.verdict).toContain("PATHS_UNCHANGED");
        expect(await stack.containers()).toEqual(before);

        const mixed = await stack.pushAndWait({ "docs/guide.md": "Read that.\n", "www/index.html": "two\n" });
        expect(mixed.status).toBe("successful");
        expect(await stack.served()).toBe("two");
    });

    it("ignores another branch and a skip marker, and deploys the branch that a pattern names", async () => {
        const stack = await bed.link({ purpose: "branches", buildConfig: { autoDeployBranches: ["main", "release/.*"] } });
        await stack.pushAndWait(webService({ port: stack.port, version: "one" }));

        const other = await stack.push({ "www/index.html": "other\n" }, { branch: "feature" });
        expect(other.reply).toMatchObject({ status: 200, body: { ignored: "BRANCH_NOT_MATCHED" } });
        const skipped = await stack.push({ "www/index.html": "skipped\n" }, { message: "Not yet [skip deploy]" });
        expect(skipped.reply).toMatchObject({ status: 200, body: { ignored: "SKIP_MARKER" } });
        expect(await stack.served()).toBe("one");

        await stack.repository.branch("release/2", (await stack.repository.find("refs/heads/main")) ?? "");
        const release = await stack.pushAndWait({ "www/index.html": "two\n" }, { branch: "release/2" });
        expect(release).toMatchObject({ status: "successful", branch: "release/2" });
        expect(await stack.served()).toBe("two");
    });

    it("ends COMMIT_GONE when the branch was rewritten before the delivery was handled", async () => {
        const stack = await bed.link({ purpose: "gone" });
        const first = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        const lost = await stack.commit({ "www/index.html": "lost\n" });
        await stack.repository.commit({ "www/index.html": "kept\n" }, { parent: first.sha });
        const reply = await stack.tellAbout(lost, first.sha);
        expect(reply.status).toBe(202);
        expect(await stack.finished(reply.body.deploymentId ?? "")).toMatchObject({ status: "cancelled", errorCode: "COMMIT_GONE" });
        expect(await stack.served()).toBe("one");
    });
});
