import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeploymentLogFiles } from "../../backend/adapters/deployment-log/deployment-log-files.ts";
import { OUTLINE_BLOCK_BYTES } from "../../backend/adapters/deployment-log/deployment-log-outline.ts";
import type { StepName } from "../../common/deployment.ts";
import { formatLogLine, parseLogLine } from "../../common/log-line.ts";

const NOW = Date.UTC(2026, 10, 26);
let directory: string;

beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), "log-outline-"));
});

afterEach(async () => {
    await rm(directory, { recursive: true });
});

const line = (step: StepName, text: string): string => `${formatLogLine({ time: "2026-11-26T00:00:00.000Z", step, stream: "out", level: "info", text })}\n`;

async function logWith(content: string) {
    const logs = new DeploymentLogFiles({ directory, maxBytes: 1e9, keepDays: 30, keepLogs: 100, clock: { now: () => NOW, monotonic: () => NOW, sleep: async () => undefined }, onAppend: () => undefined });
    const deployment = { id: randomUUID(), createdAt: NOW };
    await mkdir(path.join(directory, "2026-11"), { recursive: true });
    await writeFile(path.join(directory, "2026-11", `${deployment.id}.log`), content);
    return { logs, deployment };
}

describe("the outline of a log", () => {
    it("leads to every line: its blocks, read one by one, are the whole log", async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.array(fc.record({ step: fc.constantFrom<StepName>("fetch", "build", "release"), length: fc.integer({ min: 0, max: 90_000 }) }), { minLength: 1, maxLength: 40 }),
                async (parts) => {
                    const lines = parts.map(({ step, length }) => line(step, "ü".repeat(length)));
                    const { logs, deployment } = await logWith(lines.join(""));
                    const outline = await logs.outline(deployment);
                    const ends = [...outline.blocks.slice(1).map(({ offset }) => offset), outline.size];
                    const blocks = await Promise.all(outline.blocks.map(async ({ offset }, index) => (await logs.read(deployment, offset, (ends[index] ?? 0) - offset)).text));
                    expect(blocks.join("")).toBe(lines.join(""));
                    outline.blocks.forEach(({ line: first }, index) => expect(blocks[index]?.startsWith(lines[first] ?? "?")).toBe(true));
                    expect(outline).toMatchObject({ lines: lines.length, size: Buffer.byteLength(lines.join("")), isComplete: true });
                    outline.blocks.forEach(({ offset, line: first }, index) => expect((ends[index] ?? 0) - offset <= OUTLINE_BLOCK_BYTES || (outline.blocks[index + 1]?.line ?? outline.lines) === first + 1).toBe(true));
                    const steps = lines.map((each) => parseLogLine(each, 0)?.step);
                    expect(outline.sections).toEqual(steps.flatMap((step, index) => (step === steps[index - 1] ? [] : [{ step, line: index }])));
                },
            ),
            { numRuns: 25 },
        );
    });

    it("leaves out the line that is being written, and counts a torn one to the step before it", async () => {
        const { logs, deployment } = await logWith(`${line("fetch", "one")}2026-11-26T00:00\n${line("build", "two")}half a li`);
        expect(await logs.outline(deployment)).toMatchObject({ lines: 3, sections: [{ step: "fetch", line: 0 }, { step: "build", line: 2 }] });
        expect(await logs.outline({ id: randomUUID(), createdAt: NOW })).toEqual({ blocks: [], sections: [], lines: 0, size: 0, isComplete: false });
    });
});
