import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, ref } from "vue";
import { useDeploymentLog, type OpenLog } from "../../frontend/src/composables/use-deployment-log.ts";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import { line, LogFile } from "./fixtures/log-file.ts";
import { surroundings, TestServer } from "./fixtures/test-server.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(file: LogFile) {
    const world = new TestServer();
    file.serve(world);
    const id = ref("d1");
    let log!: OpenLog;
    const Host = defineComponent({ setup: () => void (log = useDeploymentLog(() => id.value)), render: () => null });
    const wrapper = mount(Host, { global: surroundings(world) });
    const texts = async (): Promise<(string | undefined)[]> => {
        await flushPromises();
        await vi.advanceTimersByTimeAsync(50);
        await flushPromises();
        const store = log.store.value;
        return Array.from({ length: store?.lineCount ?? 0 }, (_, index) => store?.line(index)?.text);
    };
    return { world, wrapper, texts, log, id };
}

describe("useDeploymentLog", () => {
    it("reads the end first, then the rest, then goes on live", async () => {
        const file = new LogFile(line("one") + line("two") + line("three"), line("one").length + 7);
        const { world, texts } = open(file);
        expect(await texts()).toEqual(["one", "two", "three"]);
        const offsets = world.callsOf("readDeploymentLog").map(([, input]) => (input as { offset: number }).offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => b - a));
        file.append(world, line("four"));
        world.push("deploymentLog", { deploymentId: "other", offset: 0, text: line("not ours") });
        expect(await texts()).toEqual(["one", "two", "three", "four"]);
    });

    it("misses and repeats nothing when the connection was away", async () => {
        const file = new LogFile(line("one"));
        const { world, texts } = open(file);
        await texts();
        file.text += line("while away");
        world.generation.value += 1;
        file.append(world, line("pushed after a gap"));
        expect(await texts()).toEqual(["one", "while away", "pushed after a gap"]);
        expect(world.callsOf("joinDeploymentLog").at(-1)?.[1]).toBeGreaterThan(0);
    });

    it("goes on when it is told in part, and reads what was left out when the run is over", async () => {
        const file = new LogFile(line("one"));
        const { world, texts } = open(file);
        await texts();
        const joins = world.callsOf("joinDeploymentLog").length;
        file.text += line("left out") + line("newest");
        world.push("deploymentLog", { deploymentId: "d1", offset: file.size - line("newest").length, text: line("newest"), line: 2 });
        expect(await texts()).toEqual(["one", undefined, "newest"]);
        expect(world.callsOf("joinDeploymentLog")).toHaveLength(joins);
        file.isComplete = true;
        world.push("deploymentUpdated", { deployment: { id: "d1", completedAt: "2026-01-31T10:00:00.000Z" }, steps: [] });
        expect(await texts()).toEqual(["one", "left out", "newest"]);
    });

    it("asks again when it is told that it is behind", async () => {
        const file = new LogFile(line("one"));
        const { world, texts } = open(file);
        await texts();
        file.text += line("two");
        world.push("deploymentLog", { deploymentId: "d1", offset: file.size, text: "" });
        expect(await texts()).toEqual(["one", "two"]);
        const joins = world.callsOf("joinDeploymentLog").length;
        world.push("deploymentLog", { deploymentId: "d1", offset: file.size, text: "" });
        await texts();
        expect(world.callsOf("joinDeploymentLog").length).toBeGreaterThan(joins);
    });

    it("stops asking as soon as pushes go on from what it has", async () => {
        const file = new LogFile(line("one"));
        const { world, texts } = open(file);
        const join = world.answers["joinDeploymentLog"] as (id: string, offset: number) => unknown;
        // Every answer comes together with more: a log that is written while it is asked for.
        let written = 0;
        world.answers["joinDeploymentLog"] = (id: string, offset: number) => {
            written += 1;
            const answer = join(id, offset);
            file.append(world, line(`more ${written}`));
            return answer;
        };
        expect(await texts()).toEqual(["one", "more 1"]);
        expect(written).toBeLessThan(3);
    });

    it("of a very long log reads only the end and what is looked at, until all of it is wanted", async () => {
        const file = new LogFile(Array.from({ length: 180 }, (_, index) => line(`${index} ${"x".repeat(100_000)}`)).join(""), 200_000);
        const { texts, log } = open(file);
        const loaded = async (): Promise<number[]> => (await texts()).flatMap((text, index) => (text === undefined ? [] : [index]));
        expect(await loaded()).toEqual([179]);
        log.want(10, 12);
        expect(await loaded()).toEqual([10, 11, 179]);
        void log.wantAll();
        expect(await loaded()).toHaveLength(180);
    });

    it("shows what went wrong, and goes on where it was when it is tried again", async () => {
        const file = new LogFile(line("one") + line("two"), line("one").length);
        const { world, texts, log } = open(file);
        const read = world.answers["readDeploymentLog"];
        world.answers["readDeploymentLog"] = () => {
            throw new ServerError("NO_ANSWER", "The server did not answer.");
        };
        await texts();
        expect(log.error.value?.code).toBe("NO_ANSWER");
        Object.assign(world.answers, { readDeploymentLog: read });
        log.retry();
        expect(await texts()).toEqual(["one", "two"]);
        expect(log.error.value).toBeNull();
    });

    it("begins anew when the file became shorter, and reads another log when another one is asked for", async () => {
        const file = new LogFile(line("one") + line("lost in a power failure"));
        const { world, texts, id } = open(file);
        await texts();
        file.text = line("one");
        world.generation.value += 1;
        expect(await texts()).toEqual(["one"]);
        file.text = line("of another deployment");
        id.value = "d2";
        expect(await texts()).toEqual(["of another deployment"]);
        expect(world.callsOf("leaveDeploymentLog")).toEqual([["d1"]]);
    });

    it("waits for the first line, and leaves when it is closed", async () => {
        const file = new LogFile("");
        const { world, wrapper, texts, log } = open(file);
        expect(await texts()).toEqual([]);
        expect(log.isLoading.value).toBe(false);
        file.append(world, line("first"));
        expect(await texts()).toEqual(["first"]);
        file.isComplete = true;
        world.push("deploymentUpdated", { deployment: { id: "d1", completedAt: "2026-01-31T10:00:00.000Z" }, steps: [] });
        await texts();
        expect(log.isComplete.value).toBe(true);
        wrapper.unmount();
        expect(world.callsOf("leaveDeploymentLog")).toEqual([["d1"]]);
        expect(world.listenerCount).toBe(0);
    });
});
