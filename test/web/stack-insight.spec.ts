import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import EnvironmentDifference from "../../frontend/src/components/deployments/EnvironmentDifference.vue";
import ReleaseDifference from "../../frontend/src/components/deployments/ReleaseDifference.vue";
import StatisticsStrip from "../../frontend/src/components/deployments/StatisticsStrip.vue";
import { differenceOf } from "../../frontend/src/components/deployments/text-difference.ts";
import HealthCheckTry from "../../frontend/src/components/git/HealthCheckTry.vue";
import { isRemoteAhead } from "../../frontend/src/components/git/remote-ahead.ts";
import RemoteStateView from "../../frontend/src/components/git/RemoteStateView.vue";
import RulesTester from "../../frontend/src/components/git/RulesTester.vue";
import StackListItem from "../../frontend/src/components/stack/StackListItem.vue";
import type { BuildConfigDraft } from "../../frontend/src/composables/use-build-config.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import type { ReleaseComparison } from "../../common/stack-insight.ts";
import { COMPARISON } from "../fixtures/release-comparison.ts";
import { deploymentRow, repositoryRow, surroundings, TestServer } from "./fixtures/test-server.ts";

const HEAD = "7".repeat(40);

function fails(code: "GIT_UNREACHABLE" | "INPUT_INVALID", message: string) {
    return () => {
        throw new ServerError(code, message);
    };
}

describe("a difference of two texts", () => {
    it("has the changed lines with three around them, and a gap between what lies apart", async () => {
        const before = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join("\n");
        const lines = await differenceOf(before, before.replace("line 5\n", "line five\n").replace("line 25\n", ""));
        expect(lines.filter(({ kind }) => kind !== "same")).toEqual([
            { kind: "removed", text: "line 5", before: 5, after: null },
            { kind: "added", text: "line five", before: null, after: 5 },
            { kind: "gap", text: "", before: null, after: null },
            { kind: "removed", text: "line 25", before: 25, after: null },
        ]);
        expect(lines).toHaveLength(4 + 6 + 6);
        expect(await differenceOf("same", "same")).toEqual([]);
    });
});

describe("ReleaseDifference", () => {
    const open = async (comparison: Partial<ReleaseComparison> | (() => never), input = {}) => {
        const world = new TestServer();
        world.answers["compareReleases"] = typeof comparison === "function" ? comparison : () => ({ comparison: { ...COMPARISON, ...comparison } });
        const view = mount(ReleaseDifference, { props: { stackName: "blog", input }, global: surroundings(world) });
        const loading = view.text();
        await flushPromises();
        await vi.dynamicImportSettled();
        return { view, world, loading };
    };

    it("says that it compares, then what comes or goes, with few commits first", async () => {
        const { view, loading } = await open({});
        expect(loading).toContain("Comparing…");
        expect(view.findAll("[data-testid=compared-commits] li")).toHaveLength(5);
        await view.get(".link-button").trigger("click");
        expect(view.findAll("[data-testid=compared-commits] li")).toHaveLength(7);
        expect(view.get("[data-testid=text-difference]").text()).toContain("blog:2.3.1");
        expect(view.get("[data-testid=compared-files]").text()).toContain("And 8 more.");
    });

    it.each<[string, Partial<ReleaseComparison>, string[]]>([
        ["nothing changes", { relation: "same", commits: [], environment: [], compose: { isChanged: false, before: "a", after: "a" }, files: { paths: [], total: 0 } }, ["The same commit as now", "Unchanged"]],
        ["nothing runs yet", { current: null, relation: "unrelated", commits: [] }, ["nothing yet", "not known here"]],
        ["there are very many commits", { relation: "newer", hasMoreCommits: true }, ["Commits that come: 7+"]],
        ["the file is too long", { compose: { isChanged: true, before: null, after: null } }, ["too long to be compared"]],
        ["the stack keeps its own file", { compose: null }, ["stays as it is"]],
    ])("says so when %s", async (_what, comparison, texts) => {
        const { view } = await open(comparison);
        for (const text of texts) {
            expect(view.text()).toContain(text);
        }
    });

    it("shows why it could not be compared, and asks again", async () => {
        const { view, world } = await open(fails("GIT_UNREACHABLE", "The Git server does not answer."));
        expect(view.text()).toContain("The Git server does not answer.");
        world.answers["compareReleases"] = () => ({ comparison: COMPARISON });
        await view.get("button").trigger("click");
        await flushPromises();
        expect(view.find("[data-testid=rollback-exchange]").exists()).toBe(true);
    });
});

describe("EnvironmentDifference", () => {
    it("has a word in place of what must not be shown", () => {
        const list = mount(EnvironmentDifference, { props: { changes: COMPARISON.environment }, global: surroundings() });
        expect(list.findAll("li").map((item) => [...item.element.children].map((part) => part.textContent?.trim().replace(/\s+/g, " ")).join(" "))).toEqual([
            "changed API_TOKEN (not shown)", "removed FEED_CACHE on", "changed LOG_LEVEL info → (not shown)", expect.stringContaining("added GREETING hello"),
        ]);
    });
});

describe("StatisticsStrip", () => {
    const day = (date: string, changes = {}) => ({ date, successful: 0, failed: 0, rolledBack: 0, cancelled: 0, medianLeadTime: null, medianTimeToRestore: null, ...changes });
    const open = async (answer: () => unknown) => {
        const world = new TestServer();
        world.answers["deploymentStatistics"] = answer;
        const strip = mount(StatisticsStrip, { props: { stackName: "blog" }, global: { ...surroundings(world), stubs: { DayPlot: true } } });
        await flushPromises();
        return { strip, world };
    };
    const SOME = { days: [day("2026-01-30"), day("2026-01-31", { successful: 3, failed: 1, medianLeadTime: 65 })], ended: 4, successRate: 0.75, medianLeadTime: 65, medianTimeToRestore: null, restored: 0 };

    it("has three plots for the eye and the numbers as a table", async () => {
        const { strip } = await open(() => ({ statistics: SOME }));
        expect(strip.get("summary").text()).toContain("4 in the last 30 days, 75% successful");
        expect(strip.findAll("day-plot-stub")).toHaveLength(2);
        expect(strip.findAll("tbody tr").map((row) => row.findAll("th,td").map((cell) => cell.text()))).toEqual([[expect.stringContaining("31"), "3", "1", "0", "1 min 05 s", "–"]]);
    });

    it("says when there was nothing, and asks for another period", async () => {
        const { strip, world } = await open(() => ({ statistics: { ...SOME, days: [day("2026-01-31")], ended: 0, successRate: null, medianLeadTime: null } }));
        expect(strip.get("[data-testid=statistics-empty]").text()).not.toBe("");
        await strip.get("[data-testid=period-90]").trigger("click");
        await flushPromises();
        expect(world.callsOf("deploymentStatistics").map(([, input]) => (input as { days: number }).days)).toEqual([30, 90]);
    });

    it("counts anew when a deployment of the stack has ended", async () => {
        const { world } = await open(() => ({ statistics: SOME }));
        world.push("deploymentUpdated", { deployment: deploymentRow({ completedAt: null }), steps: [] });
        world.push("deploymentUpdated", { deployment: deploymentRow({ stackId: "shop" }), steps: [] });
        world.push("deploymentUpdated", { deployment: deploymentRow(), steps: [] });
        await flushPromises();
        expect(world.callsOf("deploymentStatistics")).toHaveLength(2);
    });
});

describe("the remote", () => {
    it("is ahead of what runs unless that is on its way", () => {
        const repository = { lastSyncedCommit: HEAD, deployedCommit: "1".repeat(40) };
        expect(isRemoteAhead(repository, deploymentRow())).toBe(true);
        expect(isRemoteAhead(repository, deploymentRow({ status: "failed", commitSha: HEAD }))).toBe(true);
        expect(isRemoteAhead(repository, deploymentRow({ status: "building", commitSha: HEAD }))).toBe(false);
        expect(isRemoteAhead(repository, deploymentRow({ status: "pending", commitSha: null }))).toBe(false);
        expect(isRemoteAhead({ ...repository, deployedCommit: HEAD }, null)).toBe(false);
        expect(isRemoteAhead({ ...repository, deployedCommit: null }, null)).toBe(false);
        expect(isRemoteAhead(null, null)).toBe(false);
    });

    it("turns the chip in the stack list", () => {
        const stack = { name: "blog", status: 3 as const, tags: [], isManagedByDockge: true, composeFileName: "compose.yaml", endpoint: "", latestDeployment: deploymentRow(), gitRepository: repositoryRow({ deployedCommit: "1".repeat(40), lastSyncedCommit: HEAD }) };
        const item = mount(StackListItem, { props: { stack }, global: surroundings() });
        expect(item.get("[data-testid=remote-ahead-chip]").attributes("title")).toBe("Runs 1111111; the branch has 7777777");
        const equal = { ...stack, gitRepository: repositoryRow({ deployedCommit: HEAD, lastSyncedCommit: HEAD }) };
        expect(mount(StackListItem, { props: { stack: equal }, global: surroundings() }).find("[data-testid=remote-ahead-chip]").exists()).toBe(false);
    });

    it("is shown beside what runs, and looked at when a person asks", async () => {
        const world = new TestServer();
        world.answers["getRemoteState"] = () => ({ remoteState: { branch: "main", deployed: { sha: "1".repeat(40), message: "Old\n\nbody", author: null }, remote: null, isAhead: false, commitCount: null } });
        const view = mount(RemoteStateView, { props: { stackName: "blog", repository: repositoryRow() }, global: surroundings(world) });
        await flushPromises();
        expect(view.get("[data-testid=deployed-commit]").text()).toMatch(/1111111\s+Old$/);
        expect(view.get("[data-testid=remote-commit]").text()).toBe("not looked at yet");
        world.answers["checkRemote"] = fails("GIT_UNREACHABLE", "No way there.");
        await view.get("[data-testid=check-remote]").trigger("click");
        await flushPromises();
        expect(view.text()).toContain("No way there.");
        world.answers["checkRemote"] = () => ({ remoteState: { branch: "main", deployed: { sha: "1".repeat(40), message: "Old", author: null }, remote: { sha: HEAD, message: "New", author: "Ada", seenAt: "2026-01-31T10:00:00.000Z" }, isAhead: true, commitCount: 2 } });
        await view.get("[data-testid=check-remote]").trigger("click");
        await flushPromises();
        expect(view.get("[data-testid=remote-ahead]").text()).toBe("ahead by 2");
        expect(view.get("[data-testid=remote-commit]").text()).toContain("New");
    });
});

describe("RulesTester", () => {
    const rules = { autoDeployOnPush: true, autoDeployBranches: ["main", ""], autoDeployTags: [], includePaths: ["src/**"], excludePaths: [] } as unknown as BuildConfigDraft;
    const open = () => {
        const world = new TestServer();
        return { world, tester: mount(RulesTester, { props: { stackName: "blog", branch: "main", rules }, global: surroundings(world) }) };
    };

    it("asks with the rules of the form, and shows the verdict in words", async () => {
        const { world, tester } = open();
        world.answers["testDeployRules"] = () => ({ verdict: "ignore", code: "PATHS_UNCHANGED", reason: "Nothing changed that counts.", paths: [{ path: "docs/a", counts: false }] });
        await tester.get("[data-testid=rules-paths]").setValue("docs/a\n\n");
        await tester.get("[data-testid=ask-rules]").trigger("click");
        await flushPromises();
        expect(world.callsOf("testDeployRules")).toEqual([
            ["blog", { refType: "branch", name: "main", changedPaths: ["docs/a"], message: "", rules: { autoDeployOnPush: true, autoDeployBranches: ["main"], autoDeployTags: [], includePaths: ["src/**"], excludePaths: [] } }],
        ]);
        const verdict = tester.get("[data-testid=rules-verdict]");
        expect(verdict.attributes("data-verdict")).toBe("ignore");
        expect(verdict.text()).toContain("It would not deploy · other paths");
        expect(verdict.text()).toContain("docs/a does not count");
    });

    it("refuses a name that Git does not allow, and shows what the server refuses", async () => {
        const { world, tester } = open();
        await tester.get("[data-testid=rules-name]").setValue("a..b");
        expect(tester.get<HTMLButtonElement>("[data-testid=ask-rules]").element.disabled).toBe(true);
        await tester.get("[data-testid=rules-name]").setValue("main");
        world.answers["testDeployRules"] = fails("INPUT_INVALID", "autoDeployBranches: not an expression.");
        await tester.get("[data-testid=rules-name]").trigger("keydown", { key: "Enter" });
        await flushPromises();
        expect(tester.text()).toContain("autoDeployBranches: not an expression.");
        expect(tester.find("[data-testid=rules-verdict]").exists()).toBe(false);
    });
});

describe("HealthCheckTry", () => {
    it("shows status, time and failure, and forgets them with another path", async () => {
        const world = new TestServer();
        world.answers["testHealthCheck"] = () => ({ attempt: { isHealthy: false, status: 503, duration: 0.0421, url: "http://127.0.0.1:8080/healthz", message: "web answered 503; 2xx or 3xx is healthy." } });
        const view = mount(HealthCheckTry, { props: { stackName: "blog", path: "/healthz", disabled: false }, global: surroundings(world) });
        await view.get("[data-testid=try-health-check]").trigger("click");
        await flushPromises();
        expect(world.callsOf("testHealthCheck")).toEqual([["blog", { healthCheckPath: "/healthz" }]]);
        expect(view.get("[data-testid=health-attempt]").text()).toMatch(/web answered 503.*127\.0\.0\.1:8080\/healthz.*42 ms/s);
        await view.setProps({ path: "/other" });
        expect(view.find("[data-testid=health-attempt]").exists()).toBe(false);
    });
});
