import { flushPromises, mount } from "@vue/test-utils";
import { expect, it } from "vitest";
import BuildConfigForm from "../../frontend/src/components/git/BuildConfigForm.vue";
import type { BuildConfigInput } from "../../common/schemas.ts";
import type { BuildConfigView } from "../../common/views.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

const CONFIG: BuildConfigView = {
    id: "b1", stackId: "shop", repositoryId: "r1", buildType: "compose_build", dockerfilePath: null, composePath: null, buildArgs: [], preBuildCommands: [], postBuildCommands: [], script: null, commandImage: null,
    environmentVariables: [{ name: "API_KEY", value: null, secret: true, unreadable: true }, { name: "OTHER_KEY", value: null, secret: true, unreadable: true }, { name: "STAGE", value: "test", secret: false }],
    timeout: 1800, autoDeployOnPush: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [], healthCheckPath: null, healthCheckTimeout: 60, settleTime: 2,
    rollbackOnFailure: true, cancelSupersededBuilds: false, keepReleases: 5, maxRetries: 3, createdAt: "2026-01-31T10:00:00.000Z", updatedAt: "2026-01-31T10:00:00.000Z",
};

it("names secret variables that cannot be opened, and saves what is typed in their place", async () => {
    const server = new TestServer();
    const saved: BuildConfigInput[] = [];
    server.answers["getBuildConfig"] = () => ({ buildConfig: structuredClone(CONFIG) });
    server.answers["saveBuildConfig"] = (_stack: string, input: BuildConfigInput) => {
        saved.push(input);
        const environmentVariables = [{ name: "API_KEY", value: null, secret: true }, ...CONFIG.environmentVariables.slice(1)];
        return { buildConfig: { ...CONFIG, environmentVariables } };
    };
    const page = mount(BuildConfigForm, { props: { stackName: "shop", branch: "main" }, global: surroundings(server) });
    await flushPromises();
    const notice = () => page.get("[data-testid=unreadable-secrets]").text();
    const environment = page.get<HTMLDetailsElement>("[data-testid=section-environment]");
    expect(notice()).toMatch(/API_KEY and OTHER_KEY.*Environment/);
    expect(environment.element.open).toBe(true);
    await page.get("[data-testid=environment-variables] input[type=password]").setValue("again");
    await page.get("form").trigger("submit");
    await flushPromises();
    expect(saved.map(({ environmentVariables }) => environmentVariables)).toEqual([[{ name: "API_KEY", value: "again", secret: true }, { name: "OTHER_KEY", value: null, secret: true }, { name: "STAGE", value: "test", secret: false }]]);
    expect(notice()).not.toContain("API_KEY");
    expect(environment.element.open).toBe(true);
});
