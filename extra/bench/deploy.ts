import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { docker, removeProject } from "../../test/fixtures/engine.ts";
import type { TestFile, TestRepository } from "../../test/fixtures/git-repository.ts";
import { freePort } from "../../test/fixtures/server.ts";
import { GIT_TOKEN, openTestBed, type LinkedStack, type TestBed } from "../../test/fixtures/test-bed.ts";
import { dockerfile } from "../../test/fixtures/web-service.ts";
import { alternate, printTable, ratio, spread, timed } from "./measure.ts";

/**
 * From the accepted push to the healthy release, and back to the release before, against the shell script that people use instead.
 * `GIT_DEPLOY_TEST_SERVER=compiled npx tsx extra/bench/deploy.ts [rounds]`; build this project first. The build settings are the defaults.
 */

const rounds = Number(process.argv[2] ?? 7);

const SCRIPT = `#!/bin/sh
set -e
cd "$(dirname "$0")/clone"
git fetch --quiet origin main
git checkout --quiet --force FETCH_HEAD
docker compose build --quiet
docker compose up -d --wait --quiet-pull
`;
const SERVE = "trap 'exit 0' TERM\nhttpd -p 8080 -h /www\nsleep 2147483 &\nwait\n";

/** What is built lies in a folder of its own, so that the README beside it changes nothing. */
function files(port: number, change: Record<string, TestFile>, hasHealthCheck: boolean): Record<string, TestFile> {
    const check = ["        healthcheck:", '            test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]', "            interval: 500ms", "            timeout: 2s"];
    const compose = ["services:", "    web:", "        build: ./app", `        ports: ["127.0.0.1:${port}:8080"]`, ...(hasHealthCheck ? check : []), ""].join("\n");
    return { "compose.yaml": compose, "app/Dockerfile": dockerfile(), "app/serve.sh": SERVE, "app/www/index.html": "first\n", "README.md": "first\n", ...change };
}

async function run(file: string, argv: string[], cwd?: string): Promise<void> {
    const child = spawn(file, argv, { stdio: ["ignore", "ignore", "inherit"], cwd, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    if (exitCode !== 0) {
        throw new Error(`${file} ${argv.join(" ")} ended with ${String(exitCode)}.`);
    }
}

/** A clone with the script beside it. */
class ScriptedStack {
    readonly folder: string;
    readonly project: string;
    readonly repository: TestRepository;
    readonly port: number;

    private constructor(folder: string, project: string, repository: TestRepository, port: number) {
        this.folder = folder;
        this.project = project;
        this.repository = repository;
        this.port = port;
    }

    static async make(bed: TestBed, hasHealthCheck: boolean): Promise<ScriptedStack> {
        const folder = await mkdtemp(path.join(os.tmpdir(), "git-deploy-bench-"));
        const project = bed.newProject("script");
        const stack = new ScriptedStack(folder, project, await bed.repositories.create(project), await freePort());
        await stack.repository.commit(files(stack.port, {}, hasHealthCheck));
        const url = bed.git.urlOf(project).replace("://", `://git:${GIT_TOKEN}@`);
        await run("git", ["clone", "--quiet", url, path.join(folder, "clone")]);
        await writeFile(path.join(folder, "clone", ".env"), `COMPOSE_PROJECT_NAME=${project}\n`);
        await writeFile(path.join(folder, "deploy.sh"), SCRIPT);
        await chmod(path.join(folder, "deploy.sh"), 0o755);
        await stack.deploy();
        return stack;
    }

    async deploy(): Promise<number> {
        return await timed(() => run(path.join(this.folder, "deploy.sh"), []));
    }

    /** The image of the release before, made the one that the compose file names, as somebody who keeps images would do it. */
    async goBackTo(image: string): Promise<number> {
        await docker(["tag", image, `${this.project}-web`]);
        return await timed(() => run("docker", ["compose", "up", "-d", "--wait"], path.join(this.folder, "clone")));
    }
}

async function pushed(stack: LinkedStack, change: Record<string, TestFile>): Promise<number> {
    const run = await stack.pushAndWait(change);
    return took(run);
}

/** A pushed release and the page that it serves. */
async function releaseOf(stack: LinkedStack, change: Record<string, TestFile>): Promise<{ id: string; page: string | null }> {
    const run = await stack.pushAndWait(change);
    took(run);
    return { id: run.id, page: await stack.served() };
}

function took({ status, createdAt, completedAt, error }: { status: string; createdAt: string; completedAt: string | null; error: string | null }): number {
    if (status !== "successful" || completedAt === null) {
        throw new Error(`A deployment of the bench ended ${status}: ${error ?? ""}`);
    }
    return Date.parse(completedAt) - Date.parse(createdAt);
}

async function measure(bed: TestBed, hasHealthCheck: boolean, rows: string[][]): Promise<void> {
    const ours = await bed.link({ purpose: "bench" });
    await ours.api.expectOk("PUT", `${ours.path}/build-config`, { settleTime: 2 });
    await ours.commit(files(ours.port, {}, hasHealthCheck));
    took(await ours.deployAndWait());
    const script = await ScriptedStack.make(bed, hasHealthCheck);
    let change = 0;
    const page = () => ({ "app/www/index.html": `change ${change++}\n` });
    const readme = () => ({ "README.md": `change ${change++}\n` });
    const scripted = async (files: Record<string, TestFile>) => {
        await script.repository.commit(files);
        return await script.deploy();
    };
    const what = hasHealthCheck ? "with a health check" : "without a health check";
    const compare = async (name: string, own: () => Promise<number>, other: () => Promise<number>) => {
        const samples = await alternate(rounds, { ours: own, script: other });
        rows.push([`${name}, ${what}`, spread(samples.ours), spread(samples.script), ratio(samples.ours, samples.script)]);
    };
    await compare("a real change", () => pushed(ours, page()), () => scripted(page()));
    await compare("a change of nothing that is built", () => pushed(ours, readme()), () => scripted(readme()));
    // Two contents in turn: each return is to the release before.
    await docker(["tag", `${script.project}-web`, `${script.project}-web:one`]);
    await scripted(page());
    await docker(["tag", `${script.project}-web`, `${script.project}-web:two`]);
    // Two releases of different images in turn; going back makes a release of its own, which is the one to return to after that.
    const before = await releaseOf(ours, page());
    let [current, other] = [await releaseOf(ours, page()), before];
    let isOne = true;
    await compare(
        "rollback",
        async () => {
            const back = await ours.finished((await ours.act(other.id, "rollback")).id);
            [current, other] = [{ id: back.id, page: other.page }, current];
            if ((await ours.served()) !== current.page) {
                throw new Error("The rollback did not bring the other page back.");
            }
            return took(back);
        },
        async () => {
            const image = `${script.project}-web:${isOne ? "one" : "two"}`;
            isOne = !isOne;
            return await script.goBackTo(image);
        },
    );
    await removeProject(script.project);
    await rm(script.folder, { recursive: true, force: true });
}

const bed = await openTestBed();
const rows: string[][] = [];
try {
    await measure(bed, true, rows);
    await measure(bed, false, rows);
} finally {
    await bed.close();
}
printTable(["", "Git Deploy, ms", "script, ms", "ratio"], rows);
