import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import type { GitCalls } from "../../../../backend/adapters/git/git-call.ts";
import { Mirrors } from "../../../../backend/adapters/git/git-mirrors.ts";

const mirrors = () => new Mirrors("/nowhere/mirrors", {} as GitCalls);

function gate(): { opened: Promise<void>; open: () => void } {
    let open = () => undefined as void;
    const opened = new Promise<void>((resolve) => {
        open = resolve;
    });
    return { opened, open };
}

it("lets one work on a mirror at a time, also when one that waited gave up", async () => {
    const order: string[] = [];
    const subject = mirrors();
    const mirror = subject.pathOf("repo-1");
    const first = gate();
    const controller = new AbortController();
    const running = subject.exclusive(mirror, async () => {
        await first.opened;
        order.push("first");
    });
    const impatient = subject.exclusive(mirror, async () => void order.push("impatient"), controller.signal);
    controller.abort(new Error("no more"));
    await expect(impatient).rejects.toThrow("no more");
    const third = subject.exclusive(mirror, async () => void order.push("third"));
    await subject.exclusive(subject.pathOf("repo-2"), async () => void order.push("other mirror"));
    first.open();
    await Promise.all([running, third]);
    expect(order).toEqual(["other mirror", "first", "third"]);
});

it("goes on after a failure", async () => {
    const subject = mirrors();
    const failing = subject.exclusive("/m", async () => await Promise.reject(new Error("broken")));
    const next = subject.exclusive("/m", async () => "fine");
    await expect(failing).rejects.toThrow("broken");
    expect(await next).toBe("fine");
});

it("leaves no half pack of a fetch that failed, which would keep a full disk full", async () => {
    const mirror = await mkdtemp(path.join(os.tmpdir(), "git-mirrors-"));
    const half = path.join(mirror, "objects", "pack", "tmp_pack_x1");
    const failing = mirrors().exclusive(mirror, async () => {
        await mkdir(path.dirname(half), { recursive: true });
        await writeFile(half, "half");
        throw new Error("No space left on device");
    });
    await expect(failing).rejects.toThrow("No space left");
    expect(existsSync(half)).toBe(false);
    await rm(mirror, { recursive: true });
});

it.each(["../x", "a/b", "", ".git", "-x"])("makes no path of the id %j", (id) => {
    expect(() => mirrors().pathOf(id)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
});
