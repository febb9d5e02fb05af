import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { noteFirstTouch } from "../../frontend/src/composables/use-arrival-focus.ts";
import DeployButtons from "../../frontend/src/components/deployments/DeployButtons.vue";
import DeploymentPage from "../../frontend/src/pages/DeploymentPage.vue";
import GitTab from "../../frontend/src/pages/GitTab.vue";
import { deploymentRow, repositoryRow, surroundings, TestServer } from "./fixtures/test-server.ts";
import { LogFile } from "./fixtures/log-file.ts";

const focused = (): string | null | undefined => document.activeElement?.getAttribute("data-testid");
const press = async (testId: string): Promise<void> => {
    const button = document.querySelector<HTMLButtonElement>(`[data-testid="${testId}"]`);
    button?.focus();
    button?.click();
    await flushPromises();
};

afterEach(() => document.body.replaceChildren());

function openRun(world: TestServer) {
    new LogFile("").serve(world);
    world.answers["getDeployment"] = (id: string) => ({ deployment: { ...deploymentRow({ id, status: id === "d1" ? "failed" : "pending" }), steps: [], buildLogs: "", deploymentLogs: "", logSize: 0, waitsFor: null } });
    world.answers["getDeploymentList"] = () => ({ items: [], total: 0, page: 1, perPage: 1 });
    world.answers["getGitRepository"] = () => ({ gitRepository: repositoryRow() });
    return mount(DeploymentPage, { props: { stackName: "blog", deploymentId: "d1" }, global: surroundings(world), attachTo: document.body });
}

describe("the keyboard", () => {
    it("stays where it is in a page that was just loaded, and where something has the focus", async () => {
        noteFirstTouch();
        const untouched = openRun(new TestServer());
        await flushPromises();
        expect(document.activeElement).toBe(document.body);
        untouched.unmount();
        const tab = document.body.appendChild(document.createElement("button"));
        tab.focus();
        tab.click();
        const page = openRun(new TestServer());
        await flushPromises();
        expect(document.activeElement).toBe(tab);
        page.unmount();
    });

    it("goes on at the run that was opened, and at the one that is started from there", async () => {
        const world = new TestServer();
        const page = openRun(world);
        await flushPromises();
        expect(focused()).toBe("deployment-title");
        document.querySelector<HTMLElement>("[data-testid=retry-deployment]")?.focus();
        await page.setProps({ deploymentId: "d2" });
        await flushPromises();
        expect(focused()).toBe("deployment-title");
        page.unmount();
    });

    it("goes on at what comes next when a repository is linked, and stays at the button when that fails", async () => {
        const world = new TestServer();
        world.answers["getGitRepository"] = () => ({ gitRepository: null });
        world.answers["getBuildConfig"] = () => ({ buildConfig: null });
        world.answers["getWebhookEventList"] = () => ({ items: [], total: 0, page: 1, perPage: 5 });
        world.answers["getRemoteState"] = () => new Promise(() => undefined);
        world.answers["saveGitRepository"] = () => Promise.reject(new Error("no"));
        const tab = mount(GitTab, { props: { stackName: "blog" }, global: surroundings(world), attachTo: document.body });
        await flushPromises();
        await tab.get("[data-testid=git-url]").setValue("https://git.example.com/octo/blog.git");
        await press("save-repository");
        expect([focused(), tab.find("[data-testid=error-alert]").exists()]).toEqual(["save-repository", true]);
        world.answers["saveGitRepository"] = () => ({ gitRepository: repositoryRow() });
        await press("save-repository");
        expect(focused()).toBe("next-title");
        tab.unmount();
    });

    it("stays at the button that could not start a run", async () => {
        const world = new TestServer();
        world.answers["deployFromGit"] = () => Promise.reject(new Error("no"));
        const buttons = mount(DeployButtons, { props: { stackName: "blog" }, global: surroundings(world), attachTo: document.body });
        await press("deploy-now");
        expect(focused()).toBe("deploy-now");
        buttons.unmount();
    });
});
