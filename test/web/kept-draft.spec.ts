import { flushPromises, mount } from "@vue/test-utils";
import { ref, type Component } from "vue";
import { describe, expect, it } from "vitest";
import { SESSION } from "../../frontend/src/composables/use-session.ts";
import { STACKS } from "../../frontend/src/composables/use-stacks.ts";
import BuildConfigForm from "../../frontend/src/components/git/BuildConfigForm.vue";
import NewStackPage from "../../frontend/src/pages/NewStackPage.vue";
import { CONNECTION } from "../../frontend/src/server/connection-key.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const CodeEditor = { props: ["modelValue", "testid"], template: "<textarea :value='modelValue' :data-testid='testid' @input=\"$emit('update:modelValue', $event.target.value)\"></textarea>" };

const CONFIG = {
    id: "b1", stackId: "shop", repositoryId: "r1", buildType: "compose_build", dockerfilePath: null, composePath: null, buildArgs: [], preBuildCommands: ["npm ci"], postBuildCommands: [], script: null,
    commandImage: null, environmentVariables: [], timeout: 1800, autoDeploy: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [], cancelsRunning: false, rollbackOnFailure: true,
    healthCheckPath: null, healthCheckTimeout: 60, healthCheckStable: 2, keepReleases: 5, retries: 3, createdAt: "2026-01-31T10:00:00.000Z", updatedAt: "2026-01-31T10:00:00.000Z",
};

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
    return { page, endSession, valueOf };
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

    it("comes back in the build settings, unless they were changed meanwhile or somebody else logs in", async () => {
        const command = "[data-testid=pre-build-commands] input";
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
        expect((await open(BuildConfigForm, { ...CONFIG, updatedAt: "2026-01-31T11:00:00.000Z" })).valueOf(command)).toBe("npm ci");
        await type();
        expect((await open(BuildConfigForm, CONFIG, "bob")).valueOf(command)).toBe("npm ci");
    });
});
