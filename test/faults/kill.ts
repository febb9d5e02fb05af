import { setTimeout as pause } from "node:timers/promises";
import { isFinal } from "../../common/deployment.ts";
import { docker } from "../fixtures/engine.ts";
import { readDatabase } from "../fixtures/read-database.ts";
import { until } from "../fixtures/server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { webService } from "../fixtures/web-service.ts";

/**
 * `kill -9` at random instants of deployments of the real server, with pushes arriving; after each restart, and whenever everything has come to
 * rest, all that promise 4 says is looked at. `npx tsx test/faults/kill.ts [kills] [seed]`; build the server first. Prints a table
 * of where the kills fell, and ends with 1 when a promise was broken.
 */

const STACKS = 2;
/** How often the server is killed again before anything has come to rest. */
const CHANCE_OF_ANOTHER = 0.6;
const REST_LIMIT_MS = 120_000;

process.env["GIT_DEPLOY_TEST_SERVER"] = "compiled";
const kills = Number(process.argv[2] ?? 300);
const seed = Number(process.argv[3] ?? 1);

/** Mulberry32: the same kills for the same seed, as far as two machines agree. */
function randomFrom(start: number): () => number {
    let state = start;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

interface Pushed {
    stack: LinkedStack;
    version: string;
    sha: string;
    deploymentId: string;
}

class KillTest {
    readonly bed: TestBed;
    readonly stacks: LinkedStack[];
    readonly #random: () => number;
    readonly #accepted: Pushed[] = [];
    /** By step, or what else the server did. */
    readonly fell = new Map<string, number>();
    readonly broken: string[] = [];
    refused = 0;
    rests = 0;
    #version = 0;
    #typicalMs = 3000;

    constructor(bed: TestBed, stacks: LinkedStack[], random: () => number) {
        this.bed = bed;
        this.stacks = stacks;
        this.#random = random;
    }

    /** How long a run takes when nobody disturbs it. */
    async measure(): Promise<void> {
        for (const stack of this.stacks) {
            await this.push(stack);
            const startedAt = performance.now();
            await this.rest();
            this.#typicalMs = performance.now() - startedAt;
        }
    }

    async run(count: number): Promise<void> {
        for (let kill = 1; kill <= count; kill += 1) {
            const pushes = 1 + Math.floor(this.#random() * 2);
            for (let at = 0; at < pushes; at += 1) {
                await this.push(this.stacks[Math.floor(this.#random() * this.stacks.length)] ?? this.fail("There is no stack."));
            }
            await pause(this.#random() * this.#typicalMs * 1.1);
            await this.bed.server.kill();
            await this.look();
            await this.bed.server.start();
            const isLast = kill === count;
            if (isLast || this.#random() >= CHANCE_OF_ANOTHER) {
                await this.rest();
                process.stderr.write(`\r${kill} of ${count} kills, ${this.rests} rests, ${this.broken.length} broken promises`);
            }
        }
        process.stderr.write("\n");
    }

    /** A commit with everything that has to agree afterwards, and its signed delivery, which the server may not live to answer. */
    async push(stack: LinkedStack): Promise<void> {
        const version = `v${(this.#version += 1)}`;
        const files = {
            ...webService({ port: stack.port, version, service: ['environment: { VERSION: "${VERSION}" }'] }),
            ".env": `VERSION=${version}\n`,
        };
        try {
            const { sha, reply, deploymentId } = await stack.push(files, { message: version });
            if (reply.status === 202) {
                this.#accepted.push({ stack, version, sha, deploymentId });
                return;
            }
            this.broken.push(`${version} was answered ${reply.status} ${JSON.stringify(reply.body)}`);
        } catch {
            this.refused += 1;
        }
    }

    /** What the database says right after the kill. */
    async look(): Promise<void> {
        const { integrity, running } = await readDatabase(this.bed.server.dataDirectory, async (query) => ({
            integrity: await query<{ integrity_check: string }>("pragma integrity_check"),
            running: await query<{ status: string; step: string | null }>(
                "select d.status as status, (select s.name from deployment_steps s where s.deployment_id = d.id and s.status = 'running') as step from deployments d where d.status in ('pending', 'building', 'deploying')",
            ),
        }));
        if (integrity.length !== 1 || integrity[0]?.integrity_check !== "ok") {
            this.broken.push(`the database is damaged: ${JSON.stringify(integrity)}`);
        }
        const places = running.filter(({ status }) => status !== "pending").map(({ status, step }) => step ?? `${status}, between two steps`);
        for (const place of places.length > 0 ? places : [running.length > 0 ? "waiting in the queue" : "at rest"]) {
            this.fell.set(place, (this.fell.get(place) ?? 0) + 1);
        }
    }

    /** Waits until every accepted push has its end, and looks at all that has to agree then. */
    async rest(): Promise<void> {
        this.rests += 1;
        for (const stack of this.stacks) {
            try {
                await until(`${stack.name} comes to rest`, async () => (await stack.deployments("&status=pending,building,deploying")).length === 0, REST_LIMIT_MS);
            } catch (error) {
                this.broken.push(String(error));
                continue;
            }
            await this.expectAgreement(stack);
        }
        for (const { deploymentId, version, stack } of this.#accepted) {
            const { status, steps } = await stack.deployment(deploymentId);
            if (!isFinal(status) || steps.some((step) => step.status === "running")) {
                this.broken.push(`${version} is ${status} although nothing runs`);
            }
        }
    }

    async expectAgreement(stack: LinkedStack): Promise<void> {
        const newest = this.#accepted.findLast((pushed) => pushed.stack === stack);
        if (newest === undefined) {
            return;
        }
        const containers = await stack.containers();
        const [id = ""] = containers.map((container) => container.id);
        const environment = (await docker(["inspect", "--format", "{{json .Config.Env}}", id], { isFailureFine: true })).stdout;
        const found = {
            containers: containers.map(({ state }) => state).join(),
            served: await stack.served(),
            page: (await stack.read("www", "index.html")).trim(),
            env: (await stack.read(".env")).trim(),
            environment: /VERSION=(\w+)/.exec(environment)?.[1],
            healthy: (await stack.deployments())[0]?.status,
            commit: (await stack.api.expectOk<{ deployedCommit: string | null }>("GET", `${stack.path}/repository`)).deployedCommit,
        };
        const wanted = { containers: "running", served: newest.version, page: newest.version, env: `VERSION=${newest.version}`, environment: newest.version, healthy: "successful", commit: newest.sha };
        if (JSON.stringify(found) !== JSON.stringify(wanted)) {
            this.broken.push(`${stack.name} is not on its newest push as a whole: ${JSON.stringify(found)}, but ${JSON.stringify(wanted)} was accepted last`);
        }
    }

    fail(message: string): never {
        throw new Error(message);
    }
}

const bed = await openTestBed();
try {
    const stacks: LinkedStack[] = [];
    for (let at = 0; at < STACKS; at += 1) {
        stacks.push(await bed.link({ purpose: `kill-${at}`, buildConfig: { settleTime: 0, timeout: 120 } }));
    }
    const test = new KillTest(bed, stacks, randomFrom(seed));
    await test.measure();
    await test.run(kills);
    console.log(`${kills} kills (seed ${seed}), ${test.rests} times at rest, ${test.refused} pushes that met no server\n`);
    console.log("| killed in | times |\n|---|---|");
    for (const [place, times] of [...test.fell].toSorted(([, a], [, b]) => b - a)) {
        console.log(`| ${place} | ${times} |`);
    }
    console.log(`\n${test.broken.length === 0 ? "Every promise was kept." : `BROKEN:\n${test.broken.join("\n")}`}`);
    process.exitCode = test.broken.length === 0 ? 0 : 1;
} finally {
    await bed.close();
}
