import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, makeFirstAccount, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { openLine, type Line } from "../fixtures/cut-line.ts";
import { NEEDLE, NEEDLE_EVERY, writeLongLog } from "../fixtures/long-log.ts";
import { until } from "../fixtures/server.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { webService } from "../fixtures/web-service.ts";

const LINES = 1_000_000;
const PRINTED = 3_000;
/** Some thousand lines in about three seconds, then the run fails. */
const PRINT = `i=1; while [ $i -le ${PRINTED} ]; do echo "printed $i"; [ $((i % 100)) -eq 0 ] && sleep 0.1; i=$((i + 1)); done; echo "error: out of luck" >&2; false`;

let bed: TestBed;
let stack: LinkedStack;
let browser: TestBrowser;
let line: Line;
let page: Page;
let problems: string[];

beforeAll(async () => {
    [bed, browser] = await Promise.all([openTestBed(), launchBrowser()]);
    line = await openLine(bed.server.port);
    stack = await bed.link({ purpose: "log", buildConfig: { preBuildCommands: ["false"] } });
    await stack.commit(webService({ port: stack.port, version: "one" }));
    ({ page, problems } = await browser.open(line.url));
    await makeFirstAccount(page);
});

afterAll(async () => {
    await browser.close();
    await line.close();
    await bed.close();
});

const at = (testId: string) => page.getByTestId(testId);
const rows = () => at("log-lines").locator(".log-line");

async function deploy(): Promise<string> {
    const { id } = await stack.api.expectOk<{ id: string }>("POST", `${stack.path}/deployments`, {});
    return id;
}

async function ended(id: string): Promise<void> {
    await until("the run has failed", async () => (await stack.api.expectOk<{ status: string }>("GET", `/api/v1/deployments/${id}`)).status === "failed");
}

async function show(id: string, hash = ""): Promise<void> {
    await page.goto(`${line.url}/compose/${stack.name}/deployments/${id}${hash}`);
    await at("log-lines").waitFor();
}

describe("a log of a million lines", () => {
    let id: string;

    it("is there at once, of which only what is in sight is drawn", async (context) => {
        pictureOnFailure(context, page);
        id = await deploy();
        await ended(id);
        await writeLongLog(bed.server, id, LINES);
        await show(id);
        // It failed: so it opens where it did.
        await at("log-lines").locator(".is-failing").getByText(`line ${LINES - 40} `).waitFor();
        expect(await at("log-count").innerText()).toBe("Lines: 1,000,000");
        expect(await rows().count()).toBeLessThan(150);

        await at("log-follow").click();
        await rows().getByText(`line ${LINES} `).waitFor();
        await at("log-lines").evaluate((element) => (element.scrollTop = 0));
        await rows().getByText("line 1 of").waitFor();
        await at("log-lines").evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
        await until("the middle is loaded", async () => (await rows().first().innerText()).includes("line 49") || (await rows().first().innerText()).includes("line 50"));
        expect(await rows().count()).toBeLessThan(150);
    });

    it("is searched to its end, from hit to hit", async (context) => {
        pictureOnFailure(context, page);
        await at("log-search").fill(NEEDLE);
        await until("everything was searched", async () => (await at("log-search-count").innerText()).endsWith(`of ${LINES / NEEDLE_EVERY}`));
        const [position = 0] = (await at("log-search-count").innerText()).split(" ").map(Number);
        await at("log-search").press("Enter");
        await at("log-lines").locator(".is-hit").getByText(`line ${NEEDLE_EVERY * ((position % 10) + 1)}: ${NEEDLE}`).waitFor();
        // What was typed is there to be read, beside the count and the buttons.
        for (const width of [360, 1280, 1440]) {
            await page.setViewportSize({ width, height: 900 });
            expect(await at("log-search").evaluate((input) => input.clientWidth)).toBeGreaterThan(130);
            expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
        await at("log-search").fill("");
    });

    it("opens at a line that somebody was sent the link of", async (context) => {
        pictureOnFailure(context, page);
        await page.goto("about:blank");
        await show(id, "#L345678-L345680");
        await at("log-lines").locator(".is-selected").getByText("line 345679 ").waitFor();
        expect(await at("log-lines").locator(".is-selected").count()).toBe(3);
    });

    it("has nothing that axe-core finds serious, in either theme", async (context) => {
        pictureOnFailure(context, page);
        for (const theme of ["light", "dark"]) {
            await page.evaluate((name) => document.documentElement.setAttribute("data-bs-theme", name), theme);
            // Colours fade from one theme to the other; half-way they are nobody's choice.
            await page.evaluate(async () => await Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map(async ({ finished }) => await finished)));
            const { violations } = await new AxeBuilder({ page }).include("[data-testid=deployment-page]").analyze();
            expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id: rule, nodes }) => `${rule}: ${nodes[0]?.html ?? ""}`)).toEqual([]);
        }
    });
});

describe("a log that is being written", () => {
    it("has no gap and no repeat after the connection was away in the middle, and shows in the end why the run failed", async (context) => {
        pictureOnFailure(context, page);
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { preBuildCommands: [PRINT], timeout: 120 });
        const id = await deploy();
        await show(id);
        await rows().getByText("printed 3", { exact: false }).first().waitFor();
        await until("its end is in sight", async () => await at("log-pane").evaluate((pane) => window.scrollY === 0 && pane.getBoundingClientRect().bottom <= window.innerHeight));
        line.cut();
        await until("the page knows that it is cut off", async () => await page.getByTestId("connection-lost").isVisible());
        await page.evaluate(() => {
            document.body.style.minHeight = "300vh";
            window.scrollTo(0, window.innerHeight);
        });
        await until("it says so wherever the page is scrolled to", async () => await page.getByTestId("connection-lost").evaluate((banner) => window.scrollY > 100 && Math.abs(banner.getBoundingClientRect().top) < 1));
        line.mend();
        await ended(id);
        await at("failure-reason").waitFor();
        await at("show-failing-line").click();
        await at("log-lines").locator(".is-failing").getByText("error: out of luck").waitFor();

        await at("log-search").fill(`printed ${PRINTED}`);
        await until("the last line was found, once", async () => (await at("log-search-count").innerText()) === "1 of 1");
        const whole = await (await fetch(`${bed.server.url}/api/v1/deployments/${id}/log`, { headers: { authorization: `Bearer ${bed.server.token}`, accept: "text/plain" } })).text();
        const [download] = await Promise.all([page.waitForEvent("download"), at("log-download").click()]);
        const chunks: Buffer[] = [];
        for await (const chunk of await download.createReadStream()) {
            chunks.push(chunk as Buffer);
        }
        expect(Buffer.concat(chunks).toString()).toBe(whole);
        expect(problems.filter((problem) => !/ERR_CONNECTION|ERR_EMPTY|WebSocket|net::/.test(problem))).toEqual([]);
    });
});
