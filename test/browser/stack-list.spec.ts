import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, makeFirstAccount, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { startServer, until, type TestServer } from "../fixtures/server.ts";

const STACKS = 1_000;
const nameOf = (number: number) => `stack-${String(number).padStart(4, "0")}`;

let server: TestServer;
let stacksDirectory: string;
let browser: TestBrowser;
let page: Page;
let problems: string[];

const at = (testId: string) => page.getByTestId(testId);
const rows = () => at("stack-list").locator(".stack-item");

beforeAll(async () => {
    stacksDirectory = await mkdtemp(path.join(os.tmpdir(), "thousand-stacks-"));
    for (let number = 0; number < STACKS; number += 1) {
        const folder = path.join(stacksDirectory, nameOf(number));
        await mkdir(folder);
        await writeFile(path.join(folder, "compose.yaml"), "services:\n    web:\n        image: nginx\n");
    }
    [server, browser] = await Promise.all([startServer({ stacksDirectory, env: { GIT_DEPLOY_DOCKER_SOCKET: "/nowhere/docker.sock" } }), launchBrowser()]);
    ({ page, problems } = await browser.open(server.url));
    await makeFirstAccount(page);
});

afterAll(async () => {
    await browser.close();
    await server.remove();
    await rm(stacksDirectory, { recursive: true, force: true });
});

async function focused(): Promise<string> {
    return await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset["stack"] ?? "");
}

async function press(key: string, goal: string): Promise<void> {
    await page.keyboard.press(key);
    await until(`${key} leads to ${goal}`, async () => (await focused()) === goal, 10_000);
}

describe("a list of a thousand stacks", () => {
    it("draws those in sight, and is gone through with the keyboard from end to end", async (context) => {
        pictureOnFailure(context, page);
        await at(`stack-row-${nameOf(0)}`).waitFor();
        expect(await rows().count()).toBeLessThan(60);
        await at("stack-search").focus();
        await press("ArrowDown", nameOf(0));
        await press("ArrowDown", nameOf(1));
        await press("End", nameOf(STACKS - 1));
        expect(await rows().count()).toBeLessThan(60);
        await press("ArrowUp", nameOf(STACKS - 2));
        await press("PageUp", nameOf(STACKS - 12));
        await page.keyboard.press("Enter");
        await page.waitForURL(`**/compose/${nameOf(STACKS - 12)}`);
        // One stop for the Tab key: the next one is behind the list.
        await at(`stack-row-${nameOf(STACKS - 12)}`).focus();
        await page.keyboard.press("Tab");
        expect(await focused()).toBe("");
        await at(`stack-row-${nameOf(STACKS - 12)}`).focus();
        await press("Home", nameOf(0));
    });

    it("is searched and filtered, and stays so on other pages and after a reload", async (context) => {
        pictureOnFailure(context, page);
        await at("stack-search").fill("0042");
        await until("one is left", async () => (await rows().count()) === 1);
        await at("nav-settings").click();
        // Going back before the page has changed would leave it open.
        await page.waitForURL(/\/settings/);
        await page.goBack();
        await page.reload();
        await at(`stack-row-${nameOf(42)}`).waitFor();
        expect(await at("stack-search").inputValue()).toBe("0042");
        await at("stack-search").fill("");
        await at("stack-filter").selectOption("git");
        await page.getByText("No stack of this kind").waitFor();
        expect(await rows().count()).toBe(0);
        expect(problems).toEqual([]);
    });
});
