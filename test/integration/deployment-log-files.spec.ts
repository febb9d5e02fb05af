import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeploymentLogFiles, type DeploymentLogFilesOptions } from "../../backend/adapters/deployment-log/deployment-log-files.ts";
import { Secret } from "../../backend/domain/secret.ts";
import type { LogLine } from "../../common/views.ts";

const NOW = Date.UTC(2026, 10, 26, 1, 2, 3, 4);
const TIME = "2026-11-26T01:02:03.004Z";

let directory: string;
let appended: { id: string; offset: number; text: string }[];

beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), "deployment-logs-"));
    appended = [];
});

afterEach(async () => {
    await rm(directory, { recursive: true });
});

function logFiles(options: Partial<DeploymentLogFilesOptions> = {}): DeploymentLogFiles {
    return new DeploymentLogFiles({
        directory,
        maxBytes: 1024 * 1024,
        keepDays: 30,
        keepLogs: 100,
        clock: { now: () => NOW, monotonic: () => NOW, sleep: async () => undefined },
        onAppend: (id, offset, text) => void appended.push({ id, offset, text }),
        ...options,
    });
}

const newDeployment = () => ({ id: randomUUID(), createdAt: NOW });
const fileOf = (deployment: { id: string }) => path.join(directory, "2026-11", `${deployment.id}.log`);
const textsOf = (lines: LogLine[]) => lines.map(({ text }) => text);

async function allOf(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
    const all: LogLine[] = [];
    for await (const line of lines) {
        all.push(line);
    }
    return all;
}

describe("a deployment's log", () => {
    it("is one file by month, with a line for each line", async () => {
        const logs = logFiles();
        const deployment = newDeployment();
        const writer = await logs.open(deployment, []);
        writer.note("fetch", "Fetching main");
        writer.lines("build", "out", "one\ntwo\r\nthree");
        writer.lines("build", "err", "warning: old");
        writer.note("health", "Not healthy", "error");
        await writer.close();
        expect(await readFile(fileOf(deployment), "utf8")).toBe(
            [`fetch\tnote\tinfo\tFetching main`, `build\tout\tinfo\tone`, `build\tout\tinfo\ttwo`, `build\tout\tinfo\tthree`, `build\terr\twarn\twarning: old`, `health\tnote\terror\tNot healthy`].map((line) => `${TIME}\t${line}\n`).join(""),
        );
        expect(await readdir(path.join(directory, "2026-11"))).toEqual([`${deployment.id}.log`]);
        expect((await stat(fileOf(deployment))).mode & 0o777).toBe(0o600);
    });

    it("tells with each piece where it begins, in bytes and in lines, and no lines when it goes on with a log of before", async () => {
        const told: [offset: number, line: number | null, text: string][] = [];
        const logs = logFiles({ onAppend: (_id, offset, text, line) => void told.push([offset, line, text]) });
        const deployment = newDeployment();
        const writer = await logs.open(deployment, []);
        writer.lines("build", "out", "grün\ntwo");
        // Whoever joins in and leaves brings what there is into the file.
        await (await logs.open(deployment, [])).close();
        writer.lines("build", "out", "x".repeat(80_000));
        writer.lines("build", "out", "last");
        await writer.close();
        const whole = await readFile(fileOf(deployment), "utf8");
        expect(told.map(([, , text]) => text).join("")).toBe(whole);
        expect(told.length).toBeGreaterThan(1);
        let before = "";
        for (const [offset, line, text] of told) {
            expect([offset, line]).toEqual([Buffer.byteLength(before), before.split("\n").length - 1]);
            before += text;
        }
        told.length = 0;
        const again = await logs.open(deployment, []);
        again.note("build", "again");
        await again.close();
        expect(told.map(([offset, line]) => [offset, line])).toEqual([[Buffer.byteLength(whole), null]]);
    });

    it("is complete once it is closed, also for another process, and not before", async () => {
        const logs = logFiles();
        const deployment = newDeployment();
        expect(await logs.read(deployment, 0, 100)).toEqual({ text: "", nextOffset: 0, size: 0, isComplete: false });
        const writer = await logs.open(deployment, []);
        expect(await logs.read(deployment, 0, 100)).toMatchObject({ isComplete: false });
        await writer.close();
        await writer.close();
        expect(await logFiles().read(deployment, 0, 100)).toMatchObject({ isComplete: true });
        const again = await logFiles().open(deployment, []);
        expect(await logs.read(deployment, 0, 100)).toMatchObject({ isComplete: false });
        await again.close();
    });

    it("never holds a secret, whole or encoded, on whichever stream", async () => {
        const logs = logFiles();
        const deployment = newDeployment();
        const writer = await logs.open(deployment, [new Secret("hunter2-hunter2")]);
        writer.mask([new Secret("late-token")]);
        writer.lines("build", "out", "password hunter2-\x00hunter2");
        writer.lines("build", "err", Buffer.from("user:hunter2-hunter2").toString("base64"));
        writer.note("build", "late-token");
        writer.lines("build", "out", `${"x".repeat(16 * 1024 - 5)}hunter2-hunter2`);
        await writer.close();
        const text = await readFile(fileOf(deployment), "utf8");
        expect(text).not.toMatch(/hunter|late-token|aHVudGVyMi/);
        expect(text).toContain("\tpassword ***\n");
        expect(appended.map((push) => push.text).join("")).toBe(text);
    });

    it("tells what is appended, with its offset, when it is in the file", async () => {
        const seen: string[] = [];
        const deployment = newDeployment();
        const told = new EventEmitter();
        const logs = logFiles({
            onAppend: (id, offset, text) => {
                expect(id).toBe(deployment.id);
                expect(offset).toBe(Buffer.byteLength(seen.join("")));
                seen.push(text);
                told.emit("told");
            },
        });
        const writer = await logs.open(deployment, []);
        writer.lines("build", "out", "größer 🚀");
        writer.lines("build", "out", "second");
        await once(told, "told");
        expect(seen).toHaveLength(1);
        expect(await readFile(fileOf(deployment), "utf8")).toBe(seen.join(""));
        await writer.close();
    });

    it("takes lines of two writers and is complete when both are done", async () => {
        const logs = logFiles();
        const deployment = newDeployment();
        const [first, second] = await Promise.all([logs.open(deployment, [new Secret("first-secret")]), logs.open(deployment, [])]);
        second.lines("build", "out", "first-secret");
        await second.close();
        expect(await logs.read(deployment, 0, 1000)).toMatchObject({ isComplete: false, text: `${TIME}\tbuild\tout\tinfo\t***\n` });
        await first.close();
        expect(await logs.read(deployment, 0, 1000)).toMatchObject({ isComplete: true });
    });

    it("goes on after a crash in the middle of a line", async () => {
        const deployment = newDeployment();
        const crashed = await logFiles().open(deployment, []);
        crashed.lines("build", "out", "before");
        await crashed.close();
        await appendFile(fileOf(deployment), `${TIME}\tbuild\tout\tinf`);
        const writer = await logFiles().open(deployment, []);
        writer.lines("build", "out", "after");
        await writer.close();
        expect(textsOf((await logFiles().query(deployment, { offset: 0 })).lines)).toEqual(["before", "after"]);
    });

    it("survives a full disk: nothing is torn, and the number of lost lines is written when there is room again", async () => {
        const deployment = newDeployment();
        const writer = await logFiles({ maxBytes: 160 }).open(deployment, []);
        const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
        const full = vi.spyOn(fs, "writeSync").mockImplementation((...args: unknown[]) => {
            if (full.mock.calls.length > 1) {
                throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
            }
            return write(args[0], (args[1] as Buffer).subarray(0, 5));
        });
        try {
            writer.lines("build", "out", "lost");
        } finally {
            full.mockRestore();
        }
        expect(await readFile(fileOf(deployment), "utf8")).toBe("");
        writer.lines("build", "out", "kept");
        await writer.close();
        const text = await readFile(fileOf(deployment), "utf8");
        expect(text).toContain("Lines that could not be written here: 1. Is the disk full?");
        expect(text).toContain("\tkept\n");
        expect(appended.map((push) => push.text).join("")).toBe(text);
    });

    it("refuses an id that is no id", async () => {
        await expect(logFiles().open({ id: "../../../etc/cron.d/x", createdAt: NOW }, [])).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("drops what is printed after the end", async () => {
        const deployment = newDeployment();
        const writer = await logFiles().open(deployment, []);
        await writer.close();
        writer.lines("build", "out", "late");
        expect(await readFile(fileOf(deployment), "utf8")).toBe("");
    });
});

describe("reading", () => {
    const logs = () => logFiles();

    it("from any returned offset gives each byte exactly once, while it is written", async () => {
        const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }), fc.constant(""), fc.constant("🚀".repeat(40)));
        await fc.assert(
            fc.asyncProperty(fc.array(text, { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 200, max: 20_000 }), async (texts, sizes, maxBytes) => {
                const pushes: { offset: number; text: string }[] = [];
                const files = logFiles({ maxBytes, onAppend: (_, offset, pushed) => void pushes.push({ offset, text: pushed }) });
                const deployment = newDeployment();
                const writer = await files.open(deployment, []);
                let read = "";
                let offset = 0;
                let turn = 0;
                const readOn = async () => {
                    const result = await files.read(deployment, offset, sizes[turn++ % sizes.length] ?? 1);
                    expect(result.nextOffset - offset).toBe(Buffer.byteLength(result.text));
                    read += result.text;
                    offset = result.nextOffset;
                    return result;
                };
                for (const line of texts) {
                    writer.lines("build", "out", line);
                    await readOn();
                }
                await writer.close();
                while (offset < (await readOn()).size) {
                    // until the end
                }
                const written = await readFile(fileOf(deployment), "utf8");
                expect(read).toBe(written);
                expect(pushes.map((push) => push.text).join("")).toBe(written);
                pushes.reduce((end, push) => (expect(push.offset).toBe(end), end + Buffer.byteLength(push.text)), 0);
                for (const line of (await files.query(deployment, { offset: 0, limit: 5 })).lines) {
                    const whole = Buffer.from(written).subarray(line.offset).toString("utf8");
                    expect(whole.split("\n")[0]).toBe(`${line.time}\t${line.step}\t${line.stream}\t${line.level}\t${line.text}`);
                }
            }),
            { numRuns: 25 },
        );
    });

    it("gives at least a line, however little was asked for", async () => {
        const deployment = newDeployment();
        const writer = await logs().open(deployment, []);
        writer.lines("build", "out", "x".repeat(10_000));
        await writer.close();
        const result = await logs().read(deployment, 0, 1);
        expect(result.text).toMatch(/x\n$/);
        expect(result).toMatchObject({ nextOffset: result.size, isComplete: true });
        expect(await logs().read(deployment, 999_999, 1)).toMatchObject({ text: "", nextOffset: result.size });
    });

    it("leaves an unfinished line for later", async () => {
        const deployment = newDeployment();
        await mkdir(path.dirname(fileOf(deployment)));
        await writeFile(fileOf(deployment), "2026\tbuild\tout\tinfo\tone\n2026\tbu");
        expect(await logs().read(deployment, 0, 1000)).toMatchObject({ text: "2026\tbuild\tout\tinfo\tone\n", nextOffset: 24 });
        expect(await logs().read(deployment, 24, 1000)).toMatchObject({ text: "", nextOffset: 24 });
    });

    it("filters by step, level and text, and pages by offset", async () => {
        const deployment = newDeployment();
        const writer = await logs().open(deployment, []);
        for (let index = 0; index < 100; index++) {
            writer.lines(index % 2 === 0 ? "build" : "release", "out", index % 10 === 0 ? `\x1b[31mERR\x1b[0mOR ${index}` : index % 5 === 0 ? `error: ${index}` : `line ${index}`);
        }
        await writer.close();
        const query = async (input: object) => textsOf((await logs().query(deployment, { offset: 0, ...input })).lines);
        expect(await query({ step: "release", level: "error" })).toEqual([5, 15, 25, 35, 45, 55, 65, 75, 85, 95].map((index) => `error: ${index}`));
        expect(await query({ q: "LINE 9" })).toEqual(["line 9", ...[91, 92, 93, 94, 96, 97, 98, 99].map((index) => `line ${index}`)]);
        expect(await query({ q: "error 50" })).toEqual(["\x1b[31mERR\x1b[0mOR 50"]);
        const paged: string[] = [];
        for (let offset = 0; ; ) {
            const page = await logs().query(deployment, { offset, limit: 7, step: "build" });
            paged.push(...textsOf(page.lines));
            if (page.nextOffset === page.size) {
                break;
            }
            offset = page.nextOffset;
        }
        expect(paged).toEqual(await query({ step: "build" }));
        expect(textsOf(await allOf(logs().lines(deployment, { step: "build" })))).toEqual(paged);
        expect(await allOf(logs().lines(newDeployment(), {}))).toEqual([]);
    });
});

describe("a log that is too long", () => {
    const MAX = 40_000;
    const fill = async (files: DeploymentLogFiles, deployment: { id: string; createdAt: number }, count: number) => {
        const writer = await files.open(deployment, []);
        for (let index = 0; index < count; index++) {
            writer.lines("build", "out", `line ${index}`);
        }
        return writer;
    };

    it("keeps its beginning and its end, and says what is missing", async () => {
        const files = logFiles({ maxBytes: MAX });
        const deployment = newDeployment();
        const writer = await fill(files, deployment, 5000);
        expect(await readFile(fileOf(deployment), "utf8")).toContain("This log is long.");
        await writer.close();
        const text = await readFile(fileOf(deployment), "utf8");
        expect(text.length).toBeLessThan(MAX * 1.1);
        expect(text.length).toBeGreaterThan(MAX * 0.7);
        const lines = (await files.query(deployment, { offset: 0, limit: 10_000 })).lines;
        const kept = lines.filter(({ stream }) => stream === "out").map((line) => Number(line.text.slice(5)));
        const missing = Number(/(\d+) lines \(\d+ KiB\) of the log are left out here\./.exec(text)?.[1]);
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(4999);
        expect(kept.length + missing).toBe(5000);
        expect(kept).toEqual([...kept].sort((a, b) => a - b));
        expect(appended.map((push) => push.text).join("")).toBe(text);
        expect(await readdir(path.dirname(fileOf(deployment)))).toEqual([`${deployment.id}.log`]);
    });

    it("that grew just a little is whole", async () => {
        const files = logFiles({ maxBytes: MAX });
        const deployment = newDeployment();
        const writer = await fill(files, deployment, 600);
        await writer.close();
        const lines = (await files.query(deployment, { offset: 0, limit: 10_000 })).lines.filter(({ stream }) => stream === "out");
        expect(textsOf(lines)).toEqual(Array.from({ length: 600 }, (_, index) => `line ${index}`));
        expect(await readFile(fileOf(deployment), "utf8")).toContain("The rest of the log:");
    });

    it("is put together after a crash, whether it came before the end was joined or in the middle of it", async () => {
        const deployment = newDeployment();
        await (await fill(logFiles({ maxBytes: MAX }), deployment, 5000)).close();
        const whole = await readFile(fileOf(deployment), "utf8");
        const [head = "", end = ""] = whole.split(/(?<=at its end\.\n)/);
        const tail = `${fileOf(deployment)}.tail-${Buffer.byteLength(head)}`;
        for (const joinedBytes of [0, 1000]) {
            await mkdir(tail);
            const kept = end.split("\n").slice(1).join("\n");
            await writeFile(path.join(tail, "000007"), kept.slice(0, 9990));
            await writeFile(path.join(tail, "000008"), kept.slice(9990));
            await truncate(fileOf(deployment), Buffer.byteLength(head) + joinedBytes);
            const writer = await logFiles({ maxBytes: MAX }).open(deployment, []);
            writer.note("cleanup", "recovered");
            await writer.close();
            const text = await readFile(fileOf(deployment), "utf8");
            expect(text.startsWith(head)).toBe(true);
            expect(text).toContain("of the log are left out here.");
            expect(text.match(/line 4999\n/g)).toHaveLength(1);
            expect(text).toContain("recovered\n");
            expect(await readdir(path.dirname(fileOf(deployment)))).toEqual([`${deployment.id}.log`]);
        }
    });

    it("is not joined twice when the crash came after the end was joined", async () => {
        const deployment = newDeployment();
        const files = logFiles({ maxBytes: MAX });
        await (await fill(files, deployment, 5000)).close();
        const before = await readFile(fileOf(deployment), "utf8");
        await mkdir(`${fileOf(deployment)}.joined`);
        await writeFile(`${fileOf(deployment)}.joined/000001`, "line 4999\n");
        await (await files.open(deployment, [])).close();
        expect(await readFile(fileOf(deployment), "utf8")).toBe(before);
        expect(await readdir(path.dirname(fileOf(deployment)))).toEqual([`${deployment.id}.log`]);
    });
});

describe("pruning", () => {
    it("removes what is too old and too many, but nothing that is open", async () => {
        const files = logFiles({ keepDays: 10, keepLogs: 2 });
        const make = async (ageDays: number, isOpen = false) => {
            const deployment = { id: randomUUID(), createdAt: NOW - ageDays * 86_400_000 };
            const writer = await files.open(deployment, []);
            writer.lines("build", "out", "x");
            if (!isOpen) {
                await writer.close();
            }
            const file = path.join(directory, new Date(deployment.createdAt).toISOString().slice(0, 7), `${deployment.id}.log`);
            await utimes(file, deployment.createdAt / 1000, deployment.createdAt / 1000).catch(() => undefined);
            return { file, writer };
        };
        const [today, yesterday, before, old] = await Promise.all([make(0), make(1), make(2), make(40)]);
        const open = await make(50, true);
        await writeFile(`${old.file}.open`, "");
        expect(await files.prune(NOW)).toBe(2);
        const left = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".log")).map((name) => path.join(directory, name));
        expect(left.sort()).toEqual([today.file, yesterday.file, open.file].sort());
        expect(left).not.toContain(before.file);
        expect(await readdir(path.dirname(old.file)).catch(() => [])).not.toContain(path.basename(`${old.file}.open`));
        await open.writer.close();
        expect(await logFiles({ directory: path.join(directory, "none") }).prune(NOW)).toBe(0);
    });
});

