import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, makeFirstAccount, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { inEveryLook, screensOf, show } from "../fixtures/screens.ts";
import { openShowcase, type Showcase } from "../fixtures/showcase.ts";

/** Every screen in both themes, for a desktop and a phone: nothing that axe-core finds serious, no error, and nothing wider than the window. */

/** Pixels. */
const PHONE_WIDTH = 360;
/** About a hundred looks, of which each takes half a second where nothing else runs. */
const ALL_SCREENS_TIMEOUT_MS = 360_000;

let showcase: Showcase;
let browser: TestBrowser;
let page: Page;
let problems: string[];

beforeAll(async () => {
    [showcase, browser] = await Promise.all([openShowcase(), launchBrowser()]);
    ({ page, problems } = await browser.open(showcase.bed.server.url));
});

afterAll(async () => {
    await browser.close();
    await showcase.close();
});

/** What is wrong, in words. */
async function faultsOf(watched: Page, name: string, load: () => Promise<void>): Promise<string[]> {
    const faults: string[] = [];
    await inEveryLook(watched, load, async (look, size) => {
        const axe = new AxeBuilder({ page: watched }).setLegacyMode();
        // Of all that it looks at, only the colours are others in the second theme.
        const { violations } = await (look.endsWith("dark") ? axe.withRules(["color-contrast"]) : axe).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        faults.push(...serious.flatMap(({ id, nodes }) => nodes.map((node) => `${name} ${look}: ${id}: ${node.html.slice(0, 200)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`)));
        const width = await watched.evaluate(() => document.documentElement.scrollWidth);
        if (size.width === PHONE_WIDTH && width > PHONE_WIDTH) {
            faults.push(`${name} ${look}: ${width} pixels wide`);
        }
    });
    return faults;
}

async function reload(watched: Page, ready: string): Promise<void> {
    await watched.reload();
    await watched.getByTestId(ready).first().waitFor();
}

describe("every screen", () => {
    it("is sound before anybody has logged in", async (context) => {
        pictureOnFailure(context, page);
        expect(await faultsOf(page, "set-up", async () => await reload(page, "setup-form"))).toEqual([]);
        await makeFirstAccount(page);
        const other = await browser.open(showcase.agent.url);
        await makeFirstAccount(other.page);
        expect(await faultsOf(other.page, "home without stacks", async () => await reload(other.page, "stacks-empty"))).toEqual([]);
        await other.page.getByTestId("logout").click();
        expect(await faultsOf(other.page, "log-in", async () => await reload(other.page, "login-form"))).toEqual([]);
        expect(other.problems).toEqual([]);
        await other.context.close();
    });

    it("is sound behind the log-in", async (context) => {
        pictureOnFailure(context, page);
        await showcase.addAgent();
        const faults: string[] = [];
        for (const screen of screensOf(showcase)) {
            faults.push(...(await faultsOf(page, screen.name, async () => await show(page, showcase.bed.server.url, screen))));
        }
        expect(faults).toEqual([]);
    }, ALL_SCREENS_TIMEOUT_MS);

    it("is sound while a deployment is under way", async (context) => {
        pictureOnFailure(context, page);
        const build = await showcase.startSlowBuild();
        const running = { name: "running", path: `/compose/${showcase.healthy.name}/deployments/${build.id}`, ready: "step-activity" };
        expect(await faultsOf(page, running.name, async () => await show(page, showcase.bed.server.url, running))).toEqual([]);
        await build.end();
    });

    it("has logged no error, and all of its requests were answered", () => {
        expect(problems).toEqual([]);
    });
});
