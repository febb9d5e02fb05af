import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, makeFirstAccount, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { containersOf, removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

/** A stack in the page from its first line to its deletion, with the real Engine. */

let server: TestServer;
let browser: TestBrowser;
let page: Page;
let problems: string[];
const [fresh, windows] = [uniqueProject("page"), uniqueProject("windows")];

beforeAll(async () => {
    await ensureBaseImage();
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    ({ page, problems } = await browser.open(server.url));
    await makeFirstAccount(page);
});

afterAll(async () => {
    await browser.close();
    await server.remove();
    await removeProject(fresh);
});

const at = (testId: string) => page.getByTestId(testId);
const editor = () => at("compose-editor").locator(".cm-content");

describe("a stack in the page", () => {
    it("begins as a docker run command, and is run, stopped and started service by service, and deleted", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${server.url}/compose`);
        await at("docker-run").locator("summary").click();
        await at("docker-run-command").fill(`sudo docker run -d --init ${BASE_IMAGE} sleep 600`);
        await at("docker-run-convert").click();
        await editor().getByText(`image: ${BASE_IMAGE}`).waitFor();
        await at("new-stack-name").fill(fresh);
        await editor().click();
        await page.keyboard.press("Control+End");
        await page.keyboard.insertText("        nonsense: 1\n");
        await at("new-stack-deploy").click();
        await at("open-saved").waitFor();
        await page.keyboard.press("Control+z");
        await at("new-stack-deploy").click();

        const service = at(`service-${BASE_IMAGE}`);
        await service.getByText("running").waitFor({ timeout: 60_000 });
        await service.getByTestId("service-usage").getByText("%").waitFor({ timeout: 30_000 });
        await service.getByTestId("service-stop").click();
        await service.getByText("exited").waitFor({ timeout: 30_000 });
        expect((await containersOf(fresh)).map(({ state }) => state)).toEqual(["exited"]);
        await service.getByTestId("service-start").click();
        await service.getByText("running").waitFor({ timeout: 30_000 });

        await at("stack-delete").click();
        await at("destroyed").getByText(`${fresh}-${BASE_IMAGE}-1`).waitFor();
        await at("confirm-ok").click();
        await page.waitForURL(`${server.url}/`);
        expect(await containersOf(fresh)).toEqual([]);
        expect(problems).toEqual([]);
    });

    it("keeps what was typed and the line ends of its file, and leads to a mistake", async (context) => {
        pictureOnFailure(context, page);
        const file = path.join(server.stacksDirectory, windows, "compose.yaml");
        await mkdir(path.dirname(file));
        await writeFile(file, "# from Windows\r\nservices:\r\n  web:\r\n    image: nginx\r\n");
        await page.goto(`${server.url}/compose/${windows}`);
        await editor().getByText("from Windows").waitFor();
        expect(await at("stack-save").isDisabled()).toBe(true);
        await editor().click();
        await page.keyboard.press("Control+End");
        await page.keyboard.insertText("  broken: [\n");
        await at("stack-save").click();
        await at("go-to-mistake").waitFor();
        expect(await readFile(file, "utf8")).not.toContain("broken");
        await at("go-to-mistake").click();
        await page.waitForFunction(() => document.activeElement?.classList.contains("cm-content"));
        expect(await editor().innerText()).toContain("broken: [");

        await page.keyboard.press("Control+End");
        await page.keyboard.insertText("  ]\n");
        await at("stack-discard").click();
        await editor().click();
        await page.keyboard.press("Control+End");
        await page.keyboard.insertText("    restart: always\n");
        await at("stack-save").click();
        await at("stack-discard").waitFor({ state: "detached" });
        expect(await readFile(file, "utf8")).toBe("# from Windows\r\nservices:\r\n  web:\r\n    image: nginx\r\n    restart: always\r\n");
    });
});
