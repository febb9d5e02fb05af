import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, makeFirstAccount, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

/** A shell and the live logs as a person sees them. */
const stack = uniqueProject("shell");
let server: TestServer;
let browser: TestBrowser;
let page: Page;
let problems: string[];
const at = (testId: string) => page.getByTestId(testId);

beforeAll(async () => {
    await ensureBaseImage();
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    await mkdir(path.join(server.stacksDirectory, stack));
    await writeFile(
        path.join(server.stacksDirectory, stack, "compose.yaml"),
        `services:\n    web:\n        image: ${BASE_IMAGE}\n        pull_policy: never\n        command: ["sh", "-c", "trap 'exit 0' TERM; echo web is ready; while :; do sleep 0.2; done"]\n`,
    );
    ({ page, problems } = await browser.open(server.url));
});

afterAll(async () => {
    await browser.close();
    await server.remove();
    await removeProject(stack);
});

it("opens a shell, types and reads the answer, and leaves it with the keyboard", async (context) => {
    pictureOnFailure(context, page);
    await makeFirstAccount(page);

    await page.goto(`${server.url}/compose/${stack}`);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await at("live-log").getByText("web is ready").waitFor();
    await at("open-shell").click();

    // The image has no bash; the page says so and offers what there is.
    await at("shell-use-sh").click();
    await at("terminal-state").getByText("Connected").waitFor();
    const screen = at("terminal-screen");
    await screen.getByText("/ #").first().waitFor();
    await page.keyboard.type("echo $((6 * 7))$((6 * 7))\n");
    await screen.getByText("4242").first().waitFor();

    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("[data-testid=terminal-screen]") === null)).toBe(true);

    await screen.click();
    await page.keyboard.type("exit 3\n");
    await at("terminal-state").getByText("exit code 3").waitFor();

    await page.goto(`${server.url}/console`);
    await at("console-disabled").waitFor();
    expect(problems).toEqual([]);
});
