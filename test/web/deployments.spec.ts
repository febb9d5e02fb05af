import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import { defineComponent } from "vue";
import DeploymentActions from "../../frontend/src/components/deployments/DeploymentActions.vue";
import { readFilter, toListInput, toQuery } from "../../frontend/src/components/deployments/deployment-filter.ts";
import DeploymentRow from "../../frontend/src/components/deployments/DeploymentRow.vue";
import StatusBadge from "../../frontend/src/components/StatusBadge.vue";
import { useCurrentDeployment } from "../../frontend/src/composables/use-current-deployment.ts";
import DeploymentsTab from "../../frontend/src/pages/DeploymentsTab.vue";
import { DEPLOYMENT_STATUSES } from "../../common/deployment.ts";
import { COMPARISON } from "../fixtures/release-comparison.ts";
import { deploymentRow, repositoryRow, surroundings, TestServer } from "./fixtures/test-server.ts";

describe("StatusBadge", () => {
    it("has words for every status, and says superseded instead of cancelled", () => {
        const texts = DEPLOYMENT_STATUSES.map((status) => mount(StatusBadge, { props: { status }, global: surroundings() }).text());
        expect(new Set(texts).size).toBe(DEPLOYMENT_STATUSES.length);
        expect(texts.join()).not.toContain("status.");
        expect(mount(StatusBadge, { props: { status: "cancelled", errorCode: "SUPERSEDED" }, global: surroundings() }).text()).toBe("superseded");
    });

    it("is alive only while something runs", () => {
        expect(mount(StatusBadge, { props: { status: "building" }, global: surroundings() }).find(".is-alive").exists()).toBe(true);
        expect(mount(StatusBadge, { props: { status: "failed" }, global: surroundings() }).find(".is-alive").exists()).toBe(false);
    });
});

describe("DeploymentRow", () => {
    it("shows commit, ref, trigger, duration and reason, and links to the provider", () => {
        const deployment = deploymentRow({ status: "failed", error: "The build failed.", tag: "v1.2.3" });
        const row = mount(DeploymentRow, { props: { deployment, repository: repositoryRow() }, global: surroundings() });
        for (const text of ["Show related posts", "v1.2.3", "Ada", "Webhook · ada", "1 min 05 s", "The build failed."]) {
            expect(row.text()).toContain(text);
        }
        expect(row.text()).not.toContain("And why");
        expect(row.get("[data-testid=commit-sha]").attributes("href")).toBe(`https://github.com/octo/blog/commit/${deployment.commitSha}`);
    });
});

describe("DeploymentActions", () => {
    const names = (changes: Parameters<typeof deploymentRow>[0]): string[] =>
        mount(DeploymentActions, { props: { deployment: deploymentRow(changes) }, global: surroundings() })
            .findAll("button")
            .map((button) => button.attributes("data-testid") ?? "");

    it("offers what the state allows, and never to cancel a release", () => {
        expect(names({ status: "building" })).toEqual(["cancel-deployment"]);
        expect(names({ status: "deploying" })).toEqual([]);
        expect(names({ status: "failed" })).toEqual(["retry-deployment"]);
        expect(names({ status: "successful", canRollBackTo: true })).toEqual(["redeploy", "rollback"]);
    });

    it("rolls back only after the person has seen from what to what", async () => {
        const world = new TestServer();
        world.answers["compareReleases"] = () => ({ comparison: COMPARISON });
        world.answers["rollbackDeployment"] = () => ({ deployment: deploymentRow({ id: "d2", kind: "rollback", status: "pending" }) });
        const global = surroundings(world);
        const actions = mount(DeploymentActions, { props: { deployment: deploymentRow({ canRollBackTo: true }) }, global, attachTo: document.body });
        await actions.get("[data-testid=rollback]").trigger("click");
        await flushPromises();
        expect(world.calls).toEqual([["compareReleases", "blog", { deploymentId: "d1" }]]);
        const dialog = document.querySelector<HTMLDialogElement>("[data-testid=confirm-dialog]");
        for (const text of ["9c2f1ab", "1d3e5f7", "Commits that go: 7", "API_TOKEN", "Files that differ: 12", "Volumes, databases"]) {
            expect(dialog?.textContent).toContain(text);
        }
        dialog?.querySelector<HTMLButtonElement>("[data-testid=confirm-ok]")?.click();
        await flushPromises();
        expect(world.callsOf("rollbackDeployment")).toEqual([["d1"]]);
        actions.unmount();
        expect(document.querySelector("[data-testid=confirm-dialog]")).toBeNull();
    });
});

describe("the filters in the address", () => {
    it("survive a round trip and leave out what is not set", () => {
        const filter = readFilter({ status: "failed", q: "fix", from: "2026-01-30", to: "2026-01-31", page: "3" });
        expect(toQuery(filter)).toEqual({ status: "failed", q: "fix", from: "2026-01-30", to: "2026-01-31", page: "3" });
        const days = { from: new Date("2026-01-30T00:00:00").toISOString(), to: new Date("2026-01-31T23:59:59.999").toISOString() };
        expect(toListInput(filter)).toEqual({ status: ["failed"], q: "fix", page: 3, perPage: 20, ...days });
        expect(toListInput(readFilter({ status: "nonsense", from: "soon", to: "2026-13-41", page: "-1" }))).toEqual({ page: 1, perPage: 20 });
    });
});

describe("the deployment whose release runs", () => {
    it("is the last one that succeeded, and another one after the next success", async () => {
        const world = new TestServer();
        let newest = "d1";
        world.answers["getDeploymentList"] = () => ({ items: [deploymentRow({ id: newest })], total: 1, page: 1, perPage: 1 });
        const page = mount(defineComponent({ setup: () => ({ current: useCurrentDeployment(() => "blog") }), template: "<p>{{ current?.id }}</p>" }), { global: surroundings(world) });
        await flushPromises();
        expect(page.text()).toBe("d1");
        expect(world.callsOf("getDeploymentList")[0]).toMatchObject(["blog", { status: ["successful"] }]);

        newest = "d2";
        world.push("deploymentUpdated", { deployment: deploymentRow({ id: "d2", status: "building" }), steps: [] });
        world.push("deploymentUpdated", { deployment: deploymentRow({ id: "w1", stackId: "wiki" }), steps: [] });
        await flushPromises();
        expect(page.text()).toBe("d1");
        world.push("deploymentUpdated", { deployment: deploymentRow({ id: "d2" }), steps: [] });
        await flushPromises();
        expect(page.text()).toBe("d2");
    });
});

describe("DeploymentsTab", () => {
    it("offers no way back to what runs already, neither as itself nor through a rollback", async () => {
        const world = new TestServer();
        const row = (id: string, changes: object = {}) => deploymentRow({ id, canRollBackTo: true, ...changes });
        const items = [row("d5", { kind: "rollback", previousDeploymentId: "d4" }), row("d4", { kind: "rollback", previousDeploymentId: "d1" }), row("d3", { previousDeploymentId: "d2" }), row("d2"), row("d1")];
        world.answers["getGitRepository"] = () => ({ gitRepository: repositoryRow() });
        world.answers["getDeploymentList"] = () => ({ items, total: 5, page: 1, perPage: 20 });
        const tab = mount(DeploymentsTab, { props: { stackName: "blog" }, global: surroundings(world) });
        await flushPromises();
        const idsWith = (testid: string) => tab.findAll("[data-testid=deployment-row]").filter((each) => each.find(`[data-testid=${testid}]`).exists()).map((each) => each.attributes("data-deployment"));
        expect([idsWith("current-release"), idsWith("runs-now"), idsWith("rollback")]).toEqual([["d5"], ["d4", "d1"], ["d3", "d2"]]);
    });

    it("changes shown rows live and asks again when one is new", async () => {
        const world = new TestServer();
        world.answers["getGitRepository"] = () => ({ gitRepository: repositoryRow() });
        world.answers["getDeploymentList"] = () => ({ items: [deploymentRow({ status: "building", completedAt: null })], total: 1, page: 1, perPage: 20 });
        const tab = mount(DeploymentsTab, { props: { stackName: "blog" }, global: surroundings(world) });
        await flushPromises();
        expect(tab.get("[data-testid=deployment-row]").attributes("data-status")).toBe("building");

        const pagesAsked = () => world.callsOf("getDeploymentList").filter(([, input]) => (input as { perPage: number }).perPage === 20).length;
        world.push("deploymentUpdated", { deployment: deploymentRow({ status: "rolled_back", error: "Not healthy." }), steps: [] });
        await flushPromises();
        expect(tab.get("[data-testid=deployment-row]").attributes("data-status")).toBe("rolled_back");
        expect(pagesAsked()).toBe(1);

        world.push("deploymentUpdated", { deployment: deploymentRow({ id: "new" }), steps: [] });
        await flushPromises();
        expect(pagesAsked()).toBe(2);
    });

    it("says what to do when there is nothing", async () => {
        const world = new TestServer();
        world.answers["getGitRepository"] = () => ({ gitRepository: null });
        world.answers["getDeploymentList"] = () => ({ items: [], total: 0, page: 1, perPage: 20 });
        const tab = mount(DeploymentsTab, { props: { stackName: "blog" }, global: surroundings(world) });
        await flushPromises();
        expect(tab.text()).toContain("This stack follows no repository");
        expect(tab.get("a.btn").attributes("href")).toBe("/compose/blog/git");
    });
});
