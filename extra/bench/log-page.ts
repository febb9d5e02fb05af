import os from "node:os";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../test/fixtures/browser.ts";
import { NEEDLE, NEEDLE_EVERY, writeLongLog } from "../../test/fixtures/long-log.ts";
import { until } from "../../test/fixtures/server.ts";
import { openTestBed, type LinkedStack } from "../../test/fixtures/test-bed.ts";
import { webService } from "../../test/fixtures/web-service.ts";

/**
 * What a person waits for on the page of a deployment with a very long log, and how smoothly it scrolls: the real server, real Chromium.
 * `npx tsx extra/bench/log-page.ts [lines]`; build this project first; 0 lines measure only a log that is being written. Prints a table for docs/performance.md.
 */

const lines = Number(process.argv[2] ?? 1_000_000);
const SCROLL_FRAMES = 300;
const LIVE_LINES_PER_SECOND = 5_000;
const LIVE_SECONDS = 6;

type Row = [what: string, value: string];

/** In the page: frames from now on, and the longest time in which it answered nobody. */
const WATCH = `window.frames = []; window.longTasks = []; (() => { let last = performance.now(); const tick = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(tick); }; requestAnimationFrame(tick); })();
new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.longTasks.push(entry.duration))).observe({ entryTypes: ["longtask"] });`;

async function frames(page: Page): Promise<{ median: number; p95: number; longest: number; perSecond: number; longTask: number }> {
    const measured = await page.evaluate<{ frames: number[]; longTasks: number[] }>("({ frames: window.frames.splice(0).slice(2), longTasks: window.longTasks.splice(0) })");
    const sorted = measured.frames.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { median: at(0.5), p95: at(0.95), longest: at(1), perSecond: (1000 * sorted.length) / sorted.reduce((sum, each) => sum + each, 0), longTask: Math.max(0, ...measured.longTasks) };
}

/** Something done to the list once a frame. */
const scrolling = (step: string): string => `(async () => { const list = document.querySelector("[data-testid=log-lines]"); for (let frame = 0; frame < ${SCROLL_FRAMES}; frame += 1) { ${step}; await new Promise(requestAnimationFrame); } })()`;

const told = (of: Awaited<ReturnType<typeof frames>>): string => `${of.perSecond.toFixed(0)} frames/s, median ${of.median.toFixed(1)} ms, 95 % ${of.p95.toFixed(1)} ms, longest task ${of.longTask.toFixed(0)} ms`;

async function since<T>(work: () => Promise<T>): Promise<number> {
    const start = performance.now();
    await work();
    return performance.now() - start;
}

async function ended(stack: LinkedStack, id: string): Promise<void> {
    await until("the run has ended", async () => (await stack.api.expectOk<{ status: string }>("GET", `/api/v1/deployments/${id}`)).status === "failed");
}

async function measureLongLog(page: Page, address: string, rows: Row[]): Promise<void> {
    const list = page.getByTestId("log-lines");
    const firstMs = await since(async () => {
        await page.goto(address);
        await list.locator(".log-line .ansi-green").first().waitFor();
    });
    rows.push(["address entered to first lines, ms", firstMs.toFixed(0)]);
    await page.evaluate(WATCH);
    await page.evaluate("window.frames.splice(0)");

    const jumpMs = await since(async () => {
        await page.evaluate('(() => { const list = document.querySelector("[data-testid=log-lines]"); list.scrollTop = list.scrollHeight / 3; })()');
        await list.locator(".log-line .ansi-green").first().waitFor();
    });
    rows.push(["jump to a part that is not loaded, ms", jumpMs.toFixed(0)]);

    await frames(page);
    const searchMs = await since(async () => {
        await page.getByTestId("log-search").fill(NEEDLE);
        await until("all is searched", async () => (await page.getByTestId("log-search-count").innerText()).endsWith(`of ${Math.floor(lines / NEEDLE_EVERY)}`));
        await page.getByTestId("log-progress").waitFor({ state: "detached" });
    });
    rows.push(["everything loaded and searched, ms", searchMs.toFixed(0)], ["while that goes on", told(await frames(page))]);
    const againMs = await since(async () => {
        await page.getByTestId("log-search").fill("999999");
        await until("all is searched", async () => (await page.getByTestId("log-search-count").innerText()).endsWith("of 1"));
    });
    rows.push(["searched again, all loaded, ms", againMs.toFixed(0)]);
    await page.getByTestId("log-search").fill("");

    await frames(page);
    await page.evaluate(scrolling("list.scrollTop += 90"));
    rows.push(["scrolling 90 px a frame", told(await frames(page))]);
    await page.evaluate(scrolling(`list.scrollTop = ((frame * 7919) % ${SCROLL_FRAMES}) * (list.scrollHeight / ${SCROLL_FRAMES})`));
    rows.push(["jumping about, a place a frame", told(await frames(page))]);
    const { rowCount, heapMib } = await page.evaluate<{ rowCount: number; heapMib: number }>('({ rowCount: document.querySelectorAll(".log-line").length, heapMib: performance.memory.usedJSHeapSize / 1024 / 1024 })');
    rows.push(["rows in the document", String(rowCount)], ["memory of the page's script, MiB", heapMib.toFixed(0)]);
}

async function measureLiveLog(page: Page, stack: LinkedStack, address: (id: string) => string, rows: Row[]): Promise<void> {
    const print = `for s in $(seq ${LIVE_SECONDS * 10}); do seq -f "line %.0f of this build, with some more words behind it" ${LIVE_LINES_PER_SECOND / 10}; sleep 0.1; done; false`;
    await stack.api.expectOk("PUT", `${stack.path}/build-config`, { preBuildCommands: ["sleep 2", print], timeout: 120 });
    const { id } = await stack.api.expectOk<{ id: string }>("POST", `${stack.path}/deployments`, {});
    await page.goto(address(id));
    await page.getByTestId("log-lines").locator(".log-line").getByText("of this build, with").first().waitFor();
    await page.evaluate(WATCH);
    await new Promise((resolve) => setTimeout(resolve, (LIVE_SECONDS - 2) * 1000));
    rows.push([`while about ${LIVE_LINES_PER_SECOND.toLocaleString("en")} lines/s arrive`, told(await frames(page))]);
    await ended(stack, id);
}

const bed = await openTestBed();
const browser = await launchBrowser();
const rows: Row[] = [];
try {
    const stack = await bed.link({ purpose: "bench", buildConfig: { preBuildCommands: ["false"] } });
    await stack.commit(webService({ port: stack.port, version: "one" }));
    const { page } = await browser.open(bed.server.url);
    for (const [field, text] of [["setup-username", "ada"], ["setup-password", "correct horse battery"], ["setup-repeat", "correct horse battery"]] as const) {
        await page.getByTestId(field).fill(text);
    }
    await page.getByTestId("setup-submit").click();
    await page.getByTestId("stack-search").waitFor();
    page.setDefaultTimeout(120_000);
    const address = (id: string): string => `${bed.server.url}/compose/${stack.name}/deployments/${id}`;
    const { id } = await stack.api.expectOk<{ id: string }>("POST", `${stack.path}/deployments`, {});
    await ended(stack, id);
    if (lines > 0) {
        await writeLongLog(bed.server, id, lines);
        await measureLongLog(page, address(id), rows);
    }
    await measureLiveLog(page, stack, address, rows);
} finally {
    await browser.close();
    await bed.close();
    print();
}

function print(): void {
    console.log(`${lines.toLocaleString("en")} lines; ${os.cpus()[0]?.model ?? "?"}, ${os.availableParallelism()} CPUs, load ${os.loadavg()[0]?.toFixed(1) ?? "?"}\n`);
    console.log(["| | |", "|---|---|", ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join("\n"));
}
