import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import sqlite3 from "sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BASE_IMAGE } from "../fixtures/base-image.ts";
import { startGitHttpServer } from "../fixtures/git-http-server.ts";
import type { TestFile } from "../fixtures/git-repository.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { composeFile, dockerfile, idleService, webService } from "../fixtures/web-service.ts";

/**
 * The attacks of published advisories on systems like this one, each carried by a repository, its server or its webhook. The rules are those of docs/security-model.md.
 * After each of them nothing was run on this machine, nothing lies outside, the server answers, and what ran before runs.
 */

/** What no attack may get out, and what stands in the settings. */
const PASSWORD = "do-not-tell-4b1f0c93aa";

let bed: TestBed;
/** Served, and never touched by any of the attacks. */
let bystander: LinkedStack;
/** Whatever an attack manages to run leaves a file here. */
let canary: string;

beforeAll(async () => {
    bed = await openTestBed();
    canary = await mkdtemp(path.join(os.tmpdir(), "canary"));
    bystander = await bed.link({ purpose: "bystander" });
    expect((await bystander.pushAndWait(webService({ port: bystander.port, version: "untouched" }))).status).toBe("successful");
});

afterAll(async () => {
    await rm(canary, { recursive: true, force: true });
    await bed.close();
});

let victim: LinkedStack;
let folders: string[];

beforeEach(async () => {
    victim = await bed.link({ purpose: "victim", buildConfig: { maxRetries: 0, environmentVariables: [{ name: "PASSWORD", value: PASSWORD, secret: true }] } });
    folders = await readdir(bed.server.stacksDirectory);
});

afterEach(async () => {
    expect(await readdir(canary)).toEqual([]);
    expect(await readdir(bed.server.stacksDirectory)).toEqual(folders);
    expect(await bystander.served()).toBe("untouched");
    expect((await victim.api.get("/api/v1/stacks")).status).toBe(200);
    expect(bed.server.log).not.toContain("a request failed");
});

/** With shell syntax that leaves a file when anything expands or runs it; usable as the name of a branch or file. */
const touching = (name: string) => `$(touch\${IFS}${canary}/${name})`;

const good = (files: Record<string, TestFile> = {}) => ({ ...webService({ port: victim.port, version: "mine" }), ...files });

async function expectRefused(files: Record<string, TestFile>, ...codes: string[]): Promise<string> {
    const done = await victim.pushAndWait(good(files));
    expect({ status: done.status, code: done.errorCode }).toEqual({ status: "failed", code: expect.toBeOneOf(codes) as string });
    expect(await victim.containers()).toEqual([]);
    return done.error ?? "";
}

describe("R1, no shell", () => {
    it("names of branches and files are not run (Dokku CVE-2026-45406, Dokploy CVE-2026-45628)", async () => {
        const branch = `feature-${touching("branch")}`;
        await victim.commit(good({ [`www/;touch ${path.basename(canary)};`]: "x", "www/-rf": "x", "www/`id`.html": "x" }), { branch });
        const done = await victim.deployAndWait({ ref: branch });
        expect({ status: done.status, branch: done.branch }).toEqual({ status: "successful", branch });
        expect(await victim.served("/-rf")).toBe("x");
    });

    it("values of the compose file are not run (Coolify CVE-2025-64419, Dokploy CVE-2026-72739)", async () => {
        const compose = composeFile({ port: victim.port });
        await expectRefused({ "compose.yaml": compose.replace("    web:", `    "web;touch ${canary}/service;":`) }, "COMPOSE_INVALID");
        await expectRefused({ "compose.yaml": compose.replace("build: .", `build: {context: ., dockerfile: "Dockerfile;touch ${canary}/dockerfile"}`) }, "DOCKERFILE_MISSING", "BUILD_FAILED");
        await expectRefused({ "compose.yaml": compose.replace("    web:", `    web:\n        container_name: "x; touch ${canary}/name"`) }, "COMPOSE_INVALID", "UP_FAILED");
    });
});

it("R2: an address of a submodule is no command and no option (Dokploy CVE-2026-72865, git's ext:: transport)", async () => {
    await victim.api.expectOk("PUT", `${victim.path}/repository`, { fetchSubmodules: true });
    for (const url of [`ext::sh -c touch% ${canary}/submodule`, `--upload-pack=touch ${canary}/option`, `ssh://-oProxyCommand=touch${"${IFS}"}${canary}/ssh/x`, `file://${bed.server.dataDirectory}`]) {
        const modules = `[submodule "lib"]\n\tpath = lib\n\turl = "${url}"\n`;
        await expectRefused({ ".gitmodules": modules, lib: { submodule: "1".repeat(40) } }, "GIT_URL_INVALID", "SUBMODULE_FAILED", "CHECKOUT_FAILED", "GIT_FAILED");
    }
});

describe("R3, the checkout is hostile", () => {
    it("a link as compose file, as its folder, as Dockerfile or as env_file reads nothing of this machine (Portainer CVE-2026-44881)", async () => {
        await writeFile(path.join(canary, "..", `${path.basename(canary)}.env`), `STOLEN=${PASSWORD}\n`);
        try {
            const outside = `../../../../../../..${canary}.env`;
            for (const files of [{ "compose.yaml": { symlink: "/etc/passwd" } }, { Dockerfile: { symlink: "/etc/passwd" } }, { "stolen.env": { symlink: outside }, "compose.yaml": composeFile({ port: victim.port, service: ["env_file: stolen.env"] }) }]) {
                const error = await expectRefused(files, "SYMLINK_REFUSED", "PATH_OUTSIDE_CHECKOUT");
                expect(error).not.toContain("root:");
            }
        } finally {
            await rm(`${canary}.env`);
        }
    });

    it("a tree that names what lies above it is refused (Dokploy CVE-2026-45661, Dokku CVE-2026-45405)", async () => {
        await victim.commit(good());
        const { repository } = victim;
        const blob = (await repository.git({ input: Buffer.from("* * * * * root true\n") }, "hash-object", "-w", "--stdin")).trim();
        const entry = Buffer.concat([Buffer.from("100644 ../escaped\0"), Buffer.from(blob, "hex")]);
        const tree = (await repository.git({ input: entry }, "hash-object", "-w", "-t", "tree", "--literally", "--stdin")).trim();
        const commit = (await repository.git("commit-tree", "-m", "up", tree)).trim();
        await repository.branch("main", commit);
        expect(await victim.deployAndWait()).toMatchObject({ status: "failed" });
        expect(await readdir(path.join(bed.server.dataDirectory, "git-deploy", "work"))).toEqual([]);
    });
});

it("R4: a compose file reads neither another stack nor what belongs to the server (Arcane CVE-2026-47179)", async () => {
    const key = path.join(bed.server.dataDirectory, "git-deploy", "secret.key");
    const own = `/proc/self/root${key}`;
    const compose = composeFile({ port: victim.port });
    for (const text of [`include: ["/etc/passwd"]\n${compose}`, `include: ["../${bystander.name}/compose.yaml"]\n${compose}`, compose.replace("build: .", `build: .\n        env_file: ["${key}"]`), compose.replace("build: .", `build: .\n        env_file: [{path: "${own}", required: false}]`), `${compose}secrets: {key: {file: "${key}"}}\n`, compose.replace("build: .", `extends: {file: ../${bystander.name}/compose.yaml, service: web}`), `include: [{path: a/b/c/d/e/deep.yaml, project_directory: .}]\n${compose}`, `include: [{path: [plain.yaml, a/b/c/d/e/deep.yaml]}]\n${compose}`, compose.replace("build: .", `build: .\n        env_file: !!binary ${Buffer.from(key).toString("base64")}`), compose.replace("build: .", `build: .\n        env_file: ["~${"../".repeat(20)}${key}"]`), compose.replace("build: .", `build: {dockerfile: "../../../secret.key"}`), compose.replace("build: .", `build: {dockerfile: "\${FILE:-../../../secret.key}"}`), compose.replace("build: .", `build: {context: ., additional_contexts: ["own=${path.dirname(key)}"]}`)]) {
        const error = await expectRefused({ "compose.yaml": text, "plain.yaml": "services: {}\n", "a/b/c/d/e/deep.yaml": `services: {deep: {image: x, env_file: ["../../../secret.key"]}}\n` }, "PATH_OUTSIDE_CHECKOUT", "COMPOSE_POLICY", "COMPOSE_INVALID");
        expect(error).not.toContain((await readFile(key, "utf8")).trim());
    }
});

it("R4: no variable, home folder or nesting leads Compose to what belongs to the server (Arcane CVE-2026-47179)", async () => {
    const secret = "kept/by+the/server";
    const own = path.join(bed.server.dataDirectory, "stand-in.key");
    await writeFile(own, `${secret}\n`);
    const compose = composeFile({ port: victim.port });
    const reading = (key: string) => ({ "compose.yaml": compose.replace("build: .", `build: .\n        ${key}`) });
    const including = (item: string) => ({ "compose.yaml": `include: [${item}]\n${compose}` });
    const part = `services: {part: {image: x, env_file: "\${FROM_PART:-fine.env}"}}\n`;
    const attacks: Record<string, TestFile>[] = [
        reading(`env_file: "\${FILE:-${own}}"`),
        { ...reading(`env_file: [{path: "\${A:-\${FILE}}", required: false}]`), ".env": `FILE=${own}\n` },
        reading(`label_file: "\${FILE-${own}}"`),
        reading(`extends: {file: "\${FILE:-${own}}", service: web}`),
        reading(`extends: {file: "~/part.yaml", service: part}`),
        including(`"\${FILE:-${own}}"`),
        including(`"~/part.yaml"`),
        including(`{path: part/part.yaml, env_file: "\${FILE:-${own}}"}`),
        including(`{path: part/part.yaml, env_file: "~/../../../../../stand-in.key"}`),
        including(`{path: part/part.yaml, project_directory: "~/../../../../.."}`),
        { ...including("part/part.yaml"), "part/.env": `FROM_PART=${own}\n` },
        { ...including("a/b/c/d/e/one.yaml"), "a/b/c/d/e/one.yaml": "include: [f/two.yaml]\n", "a/b/c/d/e/f/two.yaml": "include: [{path: three.yaml, env_file: ../../../../../stand-in.key}]\n", "a/b/c/d/e/f/three.yaml": "services: {}\n", "a/stand-in.key": "A=1\n" },
        including("https://example.com/part.git"),
    ];
    for (const files of attacks) {
        const error = await expectRefused({ "part/part.yaml": part, "part/fine.env": "A=1\n", "~/part.yaml": part.replace(/"\$.*?"/, own), ...files }, "COMPOSE_POLICY");
        const log = await victim.log((await victim.deployments())[0]?.id ?? "");
        expect(error + log, JSON.stringify(files)).not.toContain(secret);
    }
    await rm(own);
});

it("R4: Compose reads nothing at the root of a repository but what was looked at (Arcane CVE-2026-47179)", async () => {
    const secret = "kept/by+the/server";
    const own = path.join(bed.server.dataDirectory, "stand-in.key");
    await writeFile(own, `${secret}\n`);
    const configure = async (composePath: string | null) => await victim.api.expectOk("PUT", `${victim.path}/build-config`, { composePath, environmentVariables: [] });
    const running = async (files: Record<string, TestFile>) => {
        const done = await victim.pushAndWait(files);
        expect(`${done.error}${await victim.log(done.id)}`).not.toContain(secret);
        return done.errorCode ?? (await victim.containers()).map(({ service }) => service);
    };
    const evil = `services:\n${idleService("evil")}\n        env_file: ${own}\n`;
    const including = `include: [{path: sub/x.yaml, env_file: "\${FILE:-fine.env}"}]\n`;

    // A `.env` that is not the stack's, beside one that is empty.
    await configure("deploy/compose.yaml");
    const parts = { "sub/x.yaml": "services: {}\n", "deploy/sub/x.yaml": "services: {}\n", "fine.env": "A=1\n", "deploy/fine.env": "A=1\n", "evil.txt": evil };
    expect(await running({ ...parts, ".env": `FILE=${own}\nCOMPOSE_FILE=evil.txt\n`, "deploy/.env": "", "deploy/compose.yaml": `${including}services:\n${idleService("part")}\n` })).toEqual(["part"]);
    // The same while images are pulled.
    const pulled = `services: {part: {image: ${BASE_IMAGE}, command: [sleep, "600"], stop_signal: SIGKILL}}\n`;
    expect(await running({ "deploy/.env": "A=1\n", "inc.yaml": including, "deploy/compose.yaml": `include: [../inc.yaml]\n${pulled}` })).toEqual(["part"]);
    // Compose prefers other names than Dockge does.
    await configure(null);
    expect(await running({ ".env": null, "docker-compose.yaml": `services:\n${idleService("part")}\n`, "compose.yml": evil })).toEqual(["part"]);
    expect(await running({ "compose.override.yaml": "services: {}\n", "compose.override.yml": evil })).toBe("COMPOSE_POLICY");
    await rm(own);
});

it("R5: nobody deploys without the secret, an empty one included, or with a delivery of another repository (Coolify #4186)", async () => {
    const gitlab = await bed.link({ purpose: "gitlab", provider: "gitlab" });
    folders = await readdir(bed.server.stacksDirectory);
    const sha = await gitlab.commit({ "compose.yaml": `services:\n${idleService("main")}\n` });
    const told = gitlab.delivery(sha, "0".repeat(40));
    for (const token of [undefined, "", "null", "undefined", "0"]) {
        const { "x-gitlab-token": _, ...others } = told.headers;
        const reply = await fetch(gitlab.webhookUrl, { method: "POST", body: told.body, headers: token === undefined ? others : { ...others, "x-gitlab-token": token } });
        expect(reply.status).toBe(401);
    }
    const ofOther = { ...told, body: told.body.replaceAll(gitlab.name, bystander.name) };
    const reply = await fetch(gitlab.webhookUrl, { method: "POST", body: ofOther.body, headers: ofOther.headers });
    expect(await reply.json()).toMatchObject({ ok: true, ignored: expect.any(String) as string });
    expect(await gitlab.deployments()).toEqual([]);
});

it("R6: a pull request of a stranger's fork deploys nothing (Dokploy CVE-2025-53825)", async () => {
    const sha = await victim.commit(good({ Dockerfile: dockerfile(["RUN echo from a fork"]) }), { branch: "fork" });
    const { createHmac } = await import("node:crypto");
    const body = JSON.stringify({ action: "opened", number: 1, pull_request: { head: { ref: "main", sha, repo: { full_name: "mallory/app", fork: true, clone_url: victim.saved.url } }, base: { ref: "main", sha } }, repository: { full_name: "team/app", clone_url: victim.saved.url } });
    const headers = { "content-type": "application/json", "x-github-event": "pull_request", "x-github-delivery": "fork-1", "x-hub-signature-256": `sha256=${createHmac("sha256", victim.webhookSecret).update(body).digest("hex")}` };
    const reply = await fetch(victim.webhookUrl, { method: "POST", body, headers });
    expect({ status: reply.status, body: await reply.json() }).toMatchObject({ status: 200, body: { ok: true, ignored: expect.any(String) as string } });
    expect(await victim.deployments()).toEqual([]);
});

it("R7: a Git server that sends us to another host is not followed with the token (Arcane CVE-2026-45625)", async () => {
    await victim.commit(good());
    const thief = await startGitHttpServer({ root: bed.repositories.root, token: "anything" });
    bed.git.behaviour = "redirect";
    bed.git.redirectTo = thief.url;
    try {
        expect((await victim.deployAndWait()).status).toBe("failed");
        expect(thief.requests.filter(({ credentials }) => credentials !== null)).toEqual([]);
    } finally {
        bed.git.behaviour = "normal";
        await thief.close();
    }
});

it("R8: a repository cannot speak for another stack (Coolify CVE-2026-48742)", async () => {
    const compose = composeFile({ port: victim.port });
    const empty = { ".env": null, "compose.override.yaml": null };
    await expectRefused({ "compose.yaml": `name: ${bystander.name}\n${compose}` }, "COMPOSE_POLICY", "COMPOSE_INVALID");
    // Dockge's buttons, which run without a name, would take these.
    await expectRefused({ ...empty, "compose.yaml": `name: "\${NAME:-${bystander.name}}"\n${compose}` }, "COMPOSE_POLICY");
    await expectRefused({ ...empty, ".env": `COMPOSE_PROJECT_NAME = "${bystander.name}"\n` }, "COMPOSE_POLICY");
    await expectRefused({ ...empty, ".env": `A=${bystander.name}\nexport COMPOSE_PROJECT_NAME=\${A}\n` }, "COMPOSE_POLICY");
    await expectRefused({ ...empty, "compose.override.yaml": `name: ${bystander.name}\nservices: {}\n` }, "COMPOSE_POLICY");
    expect(await bystander.containers()).toHaveLength(1);
});

it("R9: a build is given no secret, and what a container prints of one is masked in every form (Coolify CVE-2026-34038)", async () => {
    const startup = 'echo "plain $PASSWORD"; printf %s "$PASSWORD" | base64; printf %s "$PASSWORD" | od -An -tx1 | tr -d " \\n"; echo; exit 1';
    const done = await victim.pushAndWait(webService({ port: victim.port, version: "mine", dockerfile: ["ARG PASSWORD", `RUN echo "in the build of ${victim.name}: [$PASSWORD]"`], service: ['environment: {PASSWORD: "${PASSWORD}"}'], startup }));
    const log = await victim.log(done.id);
    expect(done.status).toBe("failed");
    expect(log).toContain(`in the build of ${victim.name}: []`);
    expect(log).toContain("plain ***");
    for (const form of [PASSWORD, Buffer.from(PASSWORD).toString("base64"), Buffer.from(PASSWORD).toString("hex")]) {
        expect(log).not.toContain(form);
    }
});

it("R10: no webhook starts with a secret that anybody would guess (Dokploy CVE-2026-45631)", async () => {
    for (const webhookSecret of ["a_random_secret", "changeme", "change-me!", "my-webhook-secret", "password", "12345678", "********", ""]) {
        expect(await victim.api.put(`${victim.path}/repository`, { webhookSecret })).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    }
    expect(Buffer.from(victim.webhookSecret, "base64url").length).toBeGreaterThanOrEqual(32);
});

it("R11: neither labels, extensions and hooks of a repository nor its package file are run here (Arcane CVE-2026-23520)", async () => {
    const command = `touch ${canary}/hook`;
    // Compose hands it on to the credential helper that it asks before a pull.
    await expectRefused({ ".env": "LD_PRELOAD=./hook.so\n" }, "COMPOSE_POLICY");
    const service = [`labels: {com.getarcaneapp.arcane.lifecycle.pre-update: "${command}", git-deploy.pre-build: "${command}", deploy.command: "${command}"}`, `x-git-deploy: {preBuildCommands: ["${command}"], script: "${command}"}`];
    const hook = { executable: `#!/bin/sh\n${command}\n` };
    const files = { ".env": null, "compose.yaml": composeFile({ port: victim.port, service }), ".git-deploy.yaml": `preBuildCommands: ["${command}"]\n`, "hooks/post-checkout": hook, ".githooks/post-checkout": hook, "package.json": JSON.stringify({ scripts: { preinstall: command, deploy: command } }), "deploy.sh": hook };
    expect((await victim.pushAndWait(good(files))).status).toBe("successful");
    await victim.pushAndWait(good({ "compose.yaml": `services:\n    web:\n        provider: {type: "${command}"}\n` }));
    expect((await victim.deployments())[0]).toMatchObject({ status: "failed" });
});

it("R12: no address leads to this machine's metadata, and the health check follows no redirect (Arcane CVE-2026-40242)", async () => {
    for (const host of ["169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]", "[fe80::1]", "metadata.google.internal."]) {
        expect((await victim.api.put(`${victim.path}/repository`, { url: `https://${host}/latest/meta-data.git` })).status, host).toBe(400);
    }
    const seen: string[] = [];
    const inner = http.createServer((request, response) => response.end(seen.push(request.url ?? "").toString()));
    await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
    const target = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/internal`;
    const cgi = { executable: `#!/bin/sh\nprintf 'Status: 302 Found\\r\\nLocation: ${target}\\r\\n\\r\\n'\n` };
    await victim.api.expectOk("PUT", `${victim.path}/build-config`, { healthCheckPath: "/cgi-bin/away", healthCheckTimeout: 3 });
    await victim.pushAndWait(good({ "www/cgi-bin/away": cgi }));
    expect(seen).toEqual([]);
    inner.close();
});

it("R13: a sealed credential that somebody copies into another row does not open there (a database without authenticated encryption)", async () => {
    const { id } = victim.saved;
    await victim.commit(good());
    const database = new sqlite3.Database(path.join(bed.server.dataDirectory, "dockge.db"));
    await new Promise<void>((resolve, reject) => database.run("UPDATE git_repositories SET credentials = (SELECT credentials FROM git_repositories WHERE id = ?) WHERE id = ?", [bystander.saved.id, id], (error) => (error === null ? resolve() : reject(error))));
    await new Promise<void>((resolve) => database.close(() => resolve()));
    const before = bed.git.requests.length;
    expect(await victim.api.post(`${victim.path}/deployments`)).toMatchObject({ status: 422, body: { code: "SECRET_UNREADABLE" } });
    expect(bed.git.requests.slice(before).filter(({ credentials }) => credentials !== null)).toEqual([]);
});

it("R14: what a build prints is text: no page, no escape sequence but colours (Dockge's console)", async () => {
    const evil = "printf '\\033]0;owned\\007\\033[2J<img src=x onerror=alert(1)>\\033[31mred\\033[0m\\n'";
    const done = await victim.pushAndWait(good({ Dockerfile: dockerfile([`RUN ${evil}`]) }));
    const reply = await victim.api.get<string>(`/api/v1/deployments/${done.id}/log`);
    expect(reply.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
    expect(reply.body).toContain("<img src=x onerror=alert(1)>");
    // eslint-disable-next-line no-control-regex -- what is looked for
    expect(reply.body.replaceAll(/\x1b\[[\d;]*m/g, "")).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
    expect(await readFile("/etc/passwd", "utf8")).toContain("root:");
});
