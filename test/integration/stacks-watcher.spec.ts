import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StacksWatcher } from "../../backend/host/standalone/stacks/stacks-watcher.ts";

describe("watching the stacks folder", () => {
    let root: string;
    let seen: string[];
    let scans: number;
    let watcher: StacksWatcher;

    beforeEach(async () => {
        root = await mkdtemp(path.join(os.tmpdir(), "stacks-watcher-"));
        [seen, scans] = [[], 0];
        const folderNames = async () => {
            scans += 1;
            seen = await readdir(root);
            return seen;
        };
        watcher = new StacksWatcher({ root, folderNames }, { onChange: () => undefined, onTime: () => undefined });
        await watcher.start();
    });
    afterEach(async () => {
        watcher.stop();
        await rm(root, { recursive: true });
    });

    it("looks at many new folders together", async () => {
        for (let at = 0; at < 300; at += 1) {
            await mkdir(path.join(root, `stack-${at}`));
        }
        await expect.poll(() => seen.length).toBe(300);
        expect(scans).toBeLessThan(60);
    });
});
