import { beforeEach, describe, expect, it } from "vitest";
import type { BuildConfigInput } from "../../../common/schemas.ts";
import { PERSON, ServiceWorld } from "../../fixtures/service-world.ts";

let world: ServiceWorld;
const save = async (input: BuildConfigInput) => await world.services.buildConfigs.save("blog", input, PERSON);

beforeEach(async () => {
    world = new ServiceWorld();
    await world.link();
});

describe("saving a build config", () => {
    it("changes what is given and keeps the rest", async () => {
        await save({ timeout: 60, includePaths: ["web/**"] });
        expect(await save({ healthCheckPath: "/healthz" })).toMatchObject({ timeout: 60, includePaths: ["web/**"], healthCheckPath: "/healthz", buildType: "compose_build" });
        expect(await save({ healthCheckPath: null })).toMatchObject({ healthCheckPath: null });
    });

    it("is refused when somebody else has saved since, and changes nothing then", async () => {
        const opened = await save({ timeout: 60 });
        world.now += 1000;
        await save({ preBuildCommands: ["echo theirs"] });
        await expect(save({ preBuildCommands: ["echo mine"], expectedUpdatedAt: opened.updatedAt })).rejects.toMatchObject({ code: "STACK_CHANGED" });
        expect(world.config().preBuildCommands).toEqual(["echo theirs"]);
        const again = await world.services.buildConfigs.get("blog");
        expect(await save({ preBuildCommands: ["echo mine"], expectedUpdatedAt: again.updatedAt })).toMatchObject({ preBuildCommands: ["echo mine"], timeout: 60 });
    });

    it("keeps a secret value that is sent back without one, and never returns it", async () => {
        await save({ environmentVariables: [{ name: "KEY", value: "hidden", secret: true }, { name: "MODE", value: "fast", secret: false }] });
        const view = await save({ environmentVariables: [{ name: "KEY", value: null, secret: true }, { name: "MODE", value: "slow", secret: false }] });
        expect(view.environmentVariables).toEqual([{ name: "KEY", value: null, secret: true }, { name: "MODE", value: "slow", secret: false }]);
        expect(world.config().environmentVariables.map(({ value }) => value.reveal())).toEqual(["hidden", "slow"]);
    });

    it.each<[string, BuildConfigInput, RegExp]>([
        ["a new variable without a value", { environmentVariables: [{ name: "NEW", secret: true }] }, /NEW needs a value/],
        ["a variable twice", { environmentVariables: [{ name: "A", value: "1", secret: false }, { name: "A", value: "2", secret: false }] }, /A is there twice/],
        ["a build argument twice", { buildArgs: [{ name: "A", value: "1" }, { name: "A", value: "2" }] }, /buildArgs: A is there twice/],
        ["a branch pattern that is none", { autoDeployBranches: ["("] }, /^autoDeployBranches/],
        ["a tag pattern with a look-ahead", { autoDeployTags: ["(?=v)"] }, /^autoDeployTags/],
    ])("refuses %s and changes nothing", async (_what, input, message) => {
        const before = world.config();
        await expect(save(input)).rejects.toMatchObject({ code: "INPUT_INVALID", message: expect.stringMatching(message) });
        expect(world.config()).toEqual(before);
    });

    it("does not give a secret away by making it plain", async () => {
        await save({ environmentVariables: [{ name: "KEY", value: "hidden", secret: true }] });
        await expect(save({ environmentVariables: [{ name: "KEY", secret: false }] })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });

    it("buildType script starts with a script that runs", async () => {
        expect((await save({ buildType: "script" })).script).toMatch(/^#!\/usr\/bin\/env bash\n(.*\n)*set -euo pipefail/);
        expect((await save({ script: "make\n" })).script).toBe("make\n");
    });

    it("needs a link", async () => {
        world.stackNames.add("plain");
        await expect(world.services.buildConfigs.save("plain", {}, PERSON)).rejects.toMatchObject({ code: "REPOSITORY_NOT_LINKED" });
        expect(await world.services.buildConfigs.find("plain")).toBeNull();
    });
});
