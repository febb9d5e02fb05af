import { flushPromises, mount } from "@vue/test-utils";
import { ref, type Component } from "vue";
import { describe, expect, it } from "vitest";
import { SESSION } from "../../frontend/src/composables/use-session.ts";
import { STACKS } from "../../frontend/src/composables/use-stacks.ts";
import BuildConfigForm from "../../frontend/src/components/git/BuildConfigForm.vue";
import NewStackPage from "../../frontend/src/pages/NewStackPage.vue";
import { CONNECTION } from "../../frontend/src/server/connection-key.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const CodeEditor = { props: ["modelValue", "testid"], template: "<textarea :value='modelValue' :data-testid='testid' @input=\"$emit('update:modelValue', $event.target.value)\"></textarea>" };

const CONFIG = {
    id: "b1", stackId: "shop", repositoryId: "r1", buildType: "compose_build", dockerfilePath: null, composePath: null, buildArgs: [], preBuildCommands: ["npm ci"], postBuildCommands: [], script: null,
    commandImage: null, environmentVariables: [], timeout: 1800, autoDeploy: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [], cancelsRunning: false, rollbackOnFailure: true,
    healthCheckPath: null, healthCheckTimeout: 60, healthCheckStable: 2, keepReleases: 5, retries: 3, createdAt: "2026-01-31T10:00:00.000Z", updatedAt: "2026-01-31T10:00:00.000Z",
};

const LATER = "2026-01-31T11:00:00.000Z";
const command = "[data-testid=pre-build-commands] input";
const ELSEWHERE = "[data-testid=changed-elsewhere]";

/** Opens a form, and ends the session under it. */
async function open(component: Component, config: object = CONFIG, username = "ann") {
    const server = new TestServer();
    server.answers = { getBuildConfig: () => ({ buildConfig: structuredClone(config) }), getDockerNetworkList: () => ({ dockerNetworkList: [] }) };
    const session = { username: ref(username), isEnded: ref(false) };
    const stacks = { list: ref([]), isLoaded: ref(true), find: () => undefined, refresh: () => {}, at: () => stacks };
    const around = surroundings(server);
    const connection = { at: () => server.server, agents: ref([]) };
    const page = mount(component, {
        props: { stackName: "shop", branch: "main" } as never,
        global: { ...around, provide: { ...around.provide, [SESSION as symbol]: session, [STACKS as symbol]: stacks, [CONNECTION as symbol]: connection }, stubs: { CodeEditor, AgentChoice: true, NetworkPicker: true, DockerRunImport: true } },
    });
    await flushPromises();
    const endSession = () => {
        session.isEnded.value = true;
        page.unmount();
    };
    const valueOf = (selector: string) => page.get<HTMLInputElement>(selector).element.value;
    /** As after a lost connection. */
    const reconnect = async (now: object) => {
        server.answers["getBuildConfig"] = () => ({ buildConfig: structuredClone(now) });
        server.generation.value += 1;
        await flushPromises();
    };
    return { page, endSession, valueOf, reconnect, server };
}

describe("what was typed when the session was ended elsewhere", () => {
    it("comes back in a new stack, once", async () => {
        const first = await open(NewStackPage);
        await first.page.get("[data-testid=new-stack-name]").setValue("shop");
        await first.page.get("[data-testid=env-editor]").setValue("A=1\n");
        first.endSession();
        const again = await open(NewStackPage);
        expect([again.valueOf("[data-testid=new-stack-name]"), again.valueOf("[data-testid=env-editor]")]).toEqual(["shop", "A=1\n"]);
        again.page.unmount();
        expect((await open(NewStackPage)).valueOf("[data-testid=env-editor]")).toBe("");
    });

    it("comes back in the build settings, which say when they were changed meanwhile, unless somebody else logs in", async () => {
        const type = async () => {
            const opened = await open(BuildConfigForm);
            await opened.page.get(command).setValue("npm ci --omit=dev");
            opened.endSession();
        };
        await type();
        const again = await open(BuildConfigForm);
        expect(again.valueOf(command)).toBe("npm ci --omit=dev");
        again.page.unmount();
        await type();
        const changed = await open(BuildConfigForm, { ...CONFIG, retries: 1, updatedAt: LATER });
        expect([changed.valueOf(command), changed.page.find(ELSEWHERE).exists()]).toEqual(["npm ci --omit=dev", true]);
        changed.page.unmount();
        await type();
        expect((await open(BuildConfigForm, CONFIG, "bob")).valueOf(command)).toBe("npm ci");
    });
});

describe("what is typed into the build settings while somebody else saves them", () => {
    it("stays, with their other settings around it, and the page says so", async () => {
        const { page, valueOf, reconnect } = await open(BuildConfigForm);
        await page.get(command).setValue("npm ci --omit=dev");
        await reconnect(CONFIG);
        expect(page.find(ELSEWHERE).exists()).toBe(false);
        await reconnect({ ...CONFIG, preBuildCommands: ["make"], postBuildCommands: ["echo done"], updatedAt: LATER });
        expect([valueOf(command), valueOf("[data-testid=post-build-commands] input")]).toEqual(["npm ci --omit=dev", "echo done"]);
        expect(page.get(ELSEWHERE).attributes("role")).toBe("status");
        await page.get("[data-testid=discard-build-config]").trigger("click");
        expect([valueOf(command), page.find(ELSEWHERE).exists()]).toEqual(["make", false]);
    });

    it("is not saved over theirs: the first try is refused, and shows what stands there now", async () => {
        const { autoDeploy: _autoDeploy, cancelsRunning: _cancelsRunning, healthCheckStable: _healthCheckStable, retries: _retries, ...valid } = CONFIG;
        const { page, valueOf, server } = await open(BuildConfigForm, valid);
        const theirs = { ...valid, preBuildCommands: ["make"], postBuildCommands: ["echo done"], updatedAt: LATER };
        const saved: { preBuildCommands: string[]; expectedUpdatedAt: string }[] = [];
        server.answers["getBuildConfig"] = () => ({ buildConfig: structuredClone(theirs) });
        server.answers["saveBuildConfig"] = (_stack: string, input: (typeof saved)[number]) => {
            saved.push(input);
            if (input.expectedUpdatedAt !== LATER) {
                throw new ServerError("STACK_CHANGED", "The build settings were changed.");
            }
            return { buildConfig: { ...theirs, preBuildCommands: input.preBuildCommands } };
        };
        await page.get(command).setValue("npm ci --omit=dev");
        await page.get("form").trigger("submit");
        await flushPromises();
        expect([valueOf(command), valueOf("[data-testid=post-build-commands] input"), page.find(ELSEWHERE).exists()]).toEqual(["npm ci --omit=dev", "echo done", true]);
        await page.get("form").trigger("submit");
        await flushPromises();
        expect(saved.map(({ expectedUpdatedAt }) => expectedUpdatedAt)).toEqual([CONFIG.updatedAt, LATER]);
        expect(page.find("[data-testid=save-build-config]").exists()).toBe(false);
    });

    it("is no matter where nothing was typed, or the same was saved", async () => {
        const untouched = await open(BuildConfigForm);
        await untouched.reconnect({ ...CONFIG, preBuildCommands: ["make"], updatedAt: LATER });
        expect([untouched.valueOf(command), untouched.page.find(ELSEWHERE).exists()]).toEqual(["make", false]);
        const same = await open(BuildConfigForm);
        await same.page.get(command).setValue("make");
        await same.reconnect({ ...CONFIG, preBuildCommands: ["make"], updatedAt: LATER });
        expect([same.page.find(ELSEWHERE).exists(), same.page.find("[data-testid=save-build-config]").exists()]).toEqual([false, false]);
    });
});
