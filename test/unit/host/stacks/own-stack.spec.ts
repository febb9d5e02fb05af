import { describe, expect, it } from "vitest";
import { OwnStack } from "../../../../backend/host/stacks/own-stack.ts";

function ownStack(ownProject: string | null, dataDirectory = "/app/data", doesComposeOutliveUs = false): OwnStack {
    return new OwnStack({
        docker: { ownProject: () => Promise.resolve(ownProject) },
        dataDirectory,
        path: (stack) => `/opt/stacks/${stack}`,
        doesComposeOutliveUs,
    });
}

/** As one whose folder is called otherwise than its project. */
const PROJECTS = { written: "deployer", running: "dockge" };

describe("the stack that the server runs in", () => {
    it.each([
        ["stop", "docker compose -p dockge --project-directory /opt/stacks/deployer stop"],
        ["down", "docker compose -p dockge --project-directory /opt/stacks/deployer down"],
        ["restart", "docker compose -p dockge --project-directory /opt/stacks/deployer restart"],
        ["update", "docker compose -p dockge --project-directory /opt/stacks/deployer pull && docker compose -p dockge --project-directory /opt/stacks/deployer up -d"],
        ["delete", "docker compose -p dockge --project-directory /opt/stacks/deployer down"],
    ] as const)("is not taken from under it by %s, and the command to use is said", async (action, command) => {
        await expect(ownStack("dockge").refuse("deployer", action, PROJECTS)).rejects.toMatchObject({ code: "OWN_STACK", status: 409, details: { stack: "deployer", command }, message: expect.stringContaining(command) });
    });

    it("says a command that does nothing else, whatever the folder is called", async () => {
        const command = "docker compose -p dockge --project-directory '/opt/stacks/my $(reboot) '\\''stack'\\''' stop";
        await expect(ownStack("dockge").refuse("my $(reboot) 'stack'", "stop", PROJECTS)).rejects.toMatchObject({ details: { command } });
    });

    it("says of a deployment that nothing was saved", async () => {
        await expect(ownStack("dockge").refuse("deployer", "deploy", PROJECTS)).rejects.toThrow("Nothing was saved. Press Save, then run on the machine itself: docker compose -p dockge");
    });

    it("may be restarted and updated, and not stopped, where Compose outlives the server", async () => {
        const stack = ownStack("dockge", "/app/data", true);
        for (const action of ["start", "restart", "update", "build", "deploy"] as const) {
            await stack.refuse("dockge", action, { written: "dockge", running: "dockge" });
        }
        for (const action of ["stop", "down", "delete"] as const) {
            await expect(stack.refuse("dockge", action, { written: "dockge", running: "dockge" })).rejects.toMatchObject({ code: "OWN_STACK" });
        }
    });

    it("is not replaced by another stack whose file takes its project's name", async () => {
        await expect(ownStack("dockge", "/app/data", true).refuse("blog", "deploy", { written: "dockge", running: "blog" })).rejects.toMatchObject({ code: "OWN_STACK" });
    });

    it("is not another stack, and none where the server runs in no container", async () => {
        await ownStack("dockge").refuse("blog", "delete", { written: "blog", running: null });
        await ownStack(null).refuse("deployer", "delete", PROJECTS);
    });

    it("is also the one whose folder holds the data, when it is to be deleted", async () => {
        const inside = ownStack(null, "/opt/stacks/dockge/data");
        await expect(inside.refuse("dockge", "delete", { written: "dockge", running: "dockge" })).rejects.toMatchObject({ code: "OWN_STACK", message: expect.stringContaining("/opt/stacks/dockge/data") });
        await inside.refuse("dockge", "restart", { written: "dockge", running: "dockge" });
        await inside.refuse("dockge-2", "delete", { written: "dockge-2", running: null });
    });
});
