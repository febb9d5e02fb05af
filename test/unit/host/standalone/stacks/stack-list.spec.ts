import { describe, expect, it } from "vitest";
import type { Docker, ProjectState } from "../../../../../backend/domain/ports.ts";
import type { StackFiles, StackFolderEntry } from "../../../../../backend/host/stacks/stack-files.ts";
import { StackList } from "../../../../../backend/host/standalone/stacks/stack-list.ts";
import { silentLogger } from "../../../../fixtures/rows.ts";

/** What is known of a thousand stacks is not looked for again until somebody says that it changed. */

const folder = (name: string): StackFolderEntry => ({ name, realPath: `/stacks/${name}`, composeFileName: "compose.yaml", isMarkedEmpty: false });
const running = (name: string): ProjectState => ({
    name,
    workingDirectory: `/stacks/${name}`,
    configFiles: [],
    containers: [{ id: name, name, service: "web", state: "running", health: "none", exitCode: null, isOneOff: false, ports: [] }],
});

function world() {
    const there = { folders: [folder("a"), folder("b")], projects: [running("a")] as ProjectState[] | null };
    const asked = { folders: 0, projects: 0 };
    /** What a scan finds is what is there when it begins; it ends when this resolves. */
    let scanned = Promise.resolve();
    const files = {
        root: "/stacks",
        scan: async () => {
            asked.folders += 1;
            const found = structuredClone(there.folders);
            await scanned;
            return found;
        },
    } as unknown as StackFiles;
    const docker = {
        projects: () => {
            asked.projects += 1;
            return there.projects === null ? Promise.reject(new Error("away")) : Promise.resolve(structuredClone(there.projects));
        },
    } as unknown as Docker;
    const list = new StackList({ files, docker, logger: silentLogger });
    const statuses = async () => Object.fromEntries((await list.list()).map(({ name, status }) => [name, status]));
    const hold = () => {
        let finish = () => {};
        scanned = new Promise<void>((resolve) => (finish = resolve));
        return () => finish();
    };
    return { there, asked, list, statuses, hold };
}

describe("the list of stacks", () => {
    it("is made once however often it is asked for", async () => {
        const { asked, list } = world();
        const first = await list.list();
        expect([await list.list(), await list.list()].every((again) => again === first)).toBe(true);
        await list.find("a");
        await list.projectOf("a");
        expect(asked).toEqual({ folders: 1, projects: 1 });
    });

    it("looks again at the side that has changed alone", async () => {
        const { there, asked, list, statuses } = world();
        expect(await statuses()).toEqual({ a: 3, b: 1 });
        there.projects = [running("b")];
        list.forgetProjects();
        expect(await statuses()).toEqual({ a: 1, b: 3 });
        there.folders = [folder("b")];
        list.forgetFolders();
        expect(await statuses()).toEqual({ b: 3 });
        expect(asked).toEqual({ folders: 2, projects: 2 });
    });

    it("is the same object when a look at everything found the same, and another one when it did not", async () => {
        const { there, list, statuses } = world();
        const first = await list.list();
        await list.verify();
        expect(await list.list()).toBe(first);
        there.folders = [folder("by-hand")];
        expect(await list.list()).toBe(first);
        await list.verify();
        expect(await statuses()).toMatchObject({ "by-hand": 1 });
    });

    it.each([true, false])("keeps nothing from a look that began before a change was noticed (known before: %s)", async (isKnown) => {
        const { there, list, statuses, hold } = world();
        if (isKnown) {
            await list.list();
        }
        const finish = hold();
        const verified = list.verify();
        there.folders = [folder("new")];
        list.forgetFolders();
        finish();
        await verified;
        expect(await statuses()).toMatchObject({ new: 1 });
    });

    it("goes on asking an Engine that does not answer", async () => {
        const { there, list, statuses } = world();
        there.projects = null;
        expect(await statuses()).toEqual({ a: 0, b: 0 });
        there.projects = [running("a")];
        expect(await statuses()).toEqual({ a: 3, b: 1 });
        there.projects = null;
        await list.verify();
        expect(await statuses()).toEqual({ a: 0, b: 0 });
        there.projects = [running("b")];
        expect(await statuses()).toEqual({ a: 1, b: 3 });
    });
});
