import { describe, expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import type { BuildConfig, Deployment, Repository } from "../../../backend/domain/entities.ts";
import type { RemoteRefs } from "../../../backend/domain/ports.ts";
import { poll, type PollParts } from "../../../backend/queue/poll.ts";
import { nextPollAt } from "../../../backend/queue/poll-schedule.ts";
import { Poller } from "../../../backend/queue/poller.ts";
import { FakeClock, settled } from "../../fixtures/fake-clock.ts";
import { MemoryDeploymentStore } from "../../fixtures/memory-deployment-store.ts";
import { aBuildConfig, aDeployment, aRepository, NOW, random, silentLogger } from "../../fixtures/rows.ts";

const sha = (digit: string) => digit.repeat(40);

class PollWorld {
    readonly clock = new FakeClock(NOW);
    readonly store = new MemoryDeploymentStore();
    repository: Repository = aRepository({ autoSync: true, syncInterval: 60 });
    config: BuildConfig = aBuildConfig();
    refs: RemoteRefs = { defaultBranch: "main", branches: { main: sha("a") }, tags: {} };
    messages = new Map<string, string>();
    synced = new Map<string, string>();
    readonly queued: Deployment[] = [];
    readonly parts: PollParts = {
        repositories: {
            byId: async () => this.repository,
            update: async (_id, changes) => void (this.repository = { ...this.repository, ...changes }),
            syncedRefs: async () => new Map(this.synced),
            setSyncedRefs: async (_id, refs) => void (this.synced = new Map(refs)),
        },
        configs: { byStack: async () => this.config },
        deployments: this.store,
        git: {
            listRefs: async () => this.refs,
            fetch: async (_remote, target) => ({ sha: target.commitSha ?? "", message: this.messages.get(target.commitSha ?? "") ?? "a change", author: "ann", treeId: sha("f"), isHead: true }),
        },
        queue: {
            enqueue: async (deployment) => {
                this.queued.push(deployment);
                await this.store.enqueue(deployment);
                return deployment;
            },
        },
        clock: this.clock,
        random,
    };

    async poll(): Promise<string[]> {
        const count = this.queued.length;
        await poll(this.parts, this.repository, new AbortController().signal);
        return this.queued.slice(count).map((deployment) => `${deployment.tag ?? deployment.branch}@${deployment.commitSha?.slice(0, 1)}`);
    }
}

describe("one poll", () => {
    it("deploys the followed branch the first time, then only what moved", async () => {
        const world = new PollWorld();
        world.refs.branches["other"] = sha("9");
        expect(await world.poll()).toEqual(["main@a"]);
        expect(world.queued[0]).toMatchObject({ triggeredBy: "scheduled", commitMessage: "a change", commitAuthor: "ann", beforeSha: null, status: "pending" });
        expect(await world.poll()).toEqual([]);
        world.refs.branches["main"] = sha("b");
        expect(await world.poll()).toEqual(["main@b"]);
        expect(world.queued[1]?.beforeSha).toBe(sha("a"));
        expect(world.repository).toMatchObject({ lastSyncedAt: NOW, lastSyncedCommit: sha("b") });
    });

    it("knows the newest commit of the branch also while it must not deploy it", async () => {
        const world = new PollWorld();
        await world.poll();
        world.refs.branches["main"] = sha("b");
        Object.assign(world.repository, { autoDeployPausedAt: NOW });
        expect(await world.poll()).toEqual([]);
        expect(world.repository.lastSyncedCommit).toBe(sha("b"));
        // It is still news once somebody resumes.
        Object.assign(world.repository, { autoDeployPausedAt: null });
        expect(await world.poll()).toEqual(["main@b"]);
    });

    it("does not repeat what the stack runs already, nor what a webhook was faster with", async () => {
        const world = new PollWorld();
        world.store.rows.push(aDeployment({ status: "successful", commitSha: sha("a") }));
        expect(await world.poll()).toEqual([]);
        world.refs.branches["main"] = sha("b");
        world.store.rows.push(aDeployment({ status: "failed", commitSha: sha("b"), createdAt: NOW + 1 }));
        expect(await world.poll()).toEqual([]);
        // Back to the older commit by force: that is news again.
        world.refs.branches["main"] = sha("a");
        expect(await world.poll()).toEqual(["main@a"]);
    });

    it("asks the rules for every branch and tag that moved or is new", async () => {
        const world = new PollWorld();
        world.config = aBuildConfig({ autoDeployBranches: ["main", "release/.*"], autoDeployTags: ["v\\d+"] });
        world.refs = { defaultBranch: "main", branches: { main: sha("a"), "release/1": sha("1"), spike: sha("5") }, tags: { v1: sha("1") } };
        expect(await world.poll()).toEqual(["main@a"]);
        world.refs = { defaultBranch: "main", branches: { main: sha("a"), "release/1": sha("2"), spike: sha("6") }, tags: { v1: sha("1"), v2: sha("2"), v10: sha("3"), nightly: sha("4") } };
        // The highest version comes last, and so replaces what waits.
        expect(await world.poll()).toEqual(["release/1@2", "v2@2", "v10@3"]);
        expect(world.store.rows.filter((row) => row.status === "pending").map((row) => row.tag)).toEqual(["v10"]);
    });

    it("heeds a skip marker in the message, and does not look at that commit again", async () => {
        const world = new PollWorld();
        await world.poll();
        world.refs.branches["main"] = sha("b");
        world.messages.set(sha("b"), "docs [skip deploy]");
        expect(await world.poll()).toEqual([]);
        world.messages.clear();
        expect(await world.poll()).toEqual([]);
    });

    it("leaves path filters to the run, which has the diff", async () => {
        const world = new PollWorld();
        world.config = aBuildConfig({ includePaths: ["app/**"] });
        await world.poll();
        expect(world.queued[0]?.mustCheckPaths).toBe(true);
    });

    it("remembers what was pushed while auto-deploy rested, and deploys it after", async () => {
        const world = new PollWorld();
        await world.poll();
        world.repository.autoDeployPausedAt = NOW;
        world.refs.branches["main"] = sha("b");
        expect(await world.poll()).toEqual([]);
        world.repository.autoDeployPausedAt = null;
        expect(await world.poll()).toEqual(["main@b"]);
    });

    it("keeps nothing of a remote that was exchanged during the poll", async () => {
        const world = new PollWorld();
        const asked = world.repository;
        world.repository = { ...asked, url: "https://git.example.com/me/other.git" };
        await poll(world.parts, asked, new AbortController().signal);
        expect(world.synced.size).toBe(0);
        expect(world.repository.lastSyncedAt).toBeNull();
    });
});

describe("when a repository is polled", () => {
    const repository = { id: "1", syncInterval: 60, syncCron: null };

    it("takes the interval, and doubles the pause with each failure up to an hour", () => {
        expect(nextPollAt(repository, NOW, 0, silentLogger)).toBe(NOW + 60_000);
        expect(nextPollAt(repository, NOW, 1, silentLogger)).toBe(NOW + 120_000);
        expect(nextPollAt(repository, NOW, 30, silentLogger)).toBe(NOW + 3_600_000);
        expect(nextPollAt({ ...repository, syncInterval: 86_400 }, NOW, 3, silentLogger)).toBe(NOW + 86_400_000);
    });

    it("takes the cron pattern when there is one, and the interval when it cannot be read", () => {
        const at = Date.UTC(2027, 0, 1, 10, 7, 30);
        expect(nextPollAt({ ...repository, syncCron: "*/15 * * * *" }, at, 0, silentLogger)).toBe(Date.UTC(2027, 0, 1, 10, 15));
        expect(nextPollAt({ ...repository, syncCron: "every day" }, at, 0, silentLogger)).toBe(at + 60_000);
    });
});

describe("the poller", () => {
    class Polls {
        readonly clock = new FakeClock(NOW);
        rowsRead = 0;
        readonly repositories = new Map<string, Repository>();
        readonly polled: string[] = [];
        readonly failing = new Set<string>();
        readonly poller = new Poller({
            repositories: { all: async () => [...this.repositories.values()], byId: async (id) => ((this.rowsRead += 1), this.repositories.get(id) ?? null) },
            poll: async (repository) => {
                this.polled.push(repository.id);
                if (this.failing.has(repository.id)) {
                    throw new DeployError("GIT_UNREACHABLE", "No answer.");
                }
            },
            clock: this.clock,
            logger: silentLogger,
        });

        add(id: string, values: Partial<Repository> = {}): void {
            this.repositories.set(id, aRepository({ id, autoSync: true, syncInterval: 60, lastSyncedAt: NOW, ...values }));
        }

        count(id: string): number {
            return this.polled.filter((polled) => polled === id).length;
        }
    }

    it("asks each repository on its own schedule; one that fails holds up no other and is asked less often", async () => {
        const polls = new Polls();
        polls.add("good");
        polls.add("bad");
        polls.add("off", { autoSync: false });
        polls.failing.add("bad");
        await polls.poller.start();
        await polls.clock.advance(10 * 60_000);
        expect([polls.count("good"), polls.count("bad"), polls.count("off")]).toEqual([10, 3, 0]);
        polls.failing.clear();
        await polls.clock.advance(20 * 60_000);
        expect(polls.count("bad")).toBeGreaterThan(12);
        await polls.poller.stop();
        expect(polls.clock.sleeperCount).toBe(0);
    });

    it("reads nothing more of the repositories that are not asked, however many there are", async () => {
        const polls = new Polls();
        for (let at = 0; at < 1000; at += 1) {
            polls.add(`off-${at}`, { autoSync: false });
        }
        await polls.poller.start();
        await settled();
        expect(polls.rowsRead).toBe(0);
        await polls.poller.stop();
    });

    it("does not wait a whole interval again after a restart, and asks a new repository at once", async () => {
        const polls = new Polls();
        polls.add("due", { lastSyncedAt: NOW - 55_000 });
        polls.add("new", { lastSyncedAt: null });
        await polls.poller.start();
        await settled();
        expect(polls.polled).toEqual(["new"]);
        await polls.clock.advance(5000);
        expect(polls.polled).toEqual(["new", "due"]);
        await polls.poller.stop();
    });

    it("follows what is saved: on, off, another interval, removed", async () => {
        const polls = new Polls();
        await polls.poller.start();
        polls.add("one");
        polls.poller.refresh("one");
        await polls.clock.advance(60_000);
        expect(polls.count("one")).toBe(1);
        polls.add("one", { syncInterval: 10, lastSyncedAt: polls.clock.now() });
        polls.poller.refresh("one");
        await polls.clock.advance(60_000);
        expect(polls.count("one")).toBe(7);
        polls.repositories.delete("one");
        polls.poller.refresh("one");
        await polls.clock.advance(60_000);
        expect(polls.count("one")).toBe(7);
        expect(polls.clock.sleeperCount).toBe(0);
    });
});
