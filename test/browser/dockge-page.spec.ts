import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { Client } from "../fixtures/standalone-host.ts";
import { startWithPages, type ServerWithPages } from "../fixtures/standalone-pages.ts";

const checkout = findDockge();
if ("why" in checkout) {
    console.warn(`NOT RUN: Dockge's own page at our server. ${checkout.why}.`);
}

/** The master branch has them, and this setting; 1.5.0, which bears the same version, has neither. */
const hasServiceButtons = !("why" in checkout) && existsSync(path.join(checkout.directory, "frontend/src/components/settings/GlobalEnv.vue"));

const USER = { name: "ada", password: "Correct-horse-battery-7" };
const NEW_PASSWORD = "Another-horse-battery-8";
const stack = uniqueProject("their-page");
const compose = (text: string) =>
    `services:\n  web:\n    image: ${BASE_IMAGE} # a remark\n    command: ["sh", "-c", "while :; do echo ${text}; sleep 1; done"]\n    stop_grace_period: 0s\n\n  other:\n    image: ${BASE_IMAGE}\n    command: sleep 600\n    stop_grace_period: 0s\n`;

let server: ServerWithPages;
let second: ServerWithPages;
let browser: TestBrowser;
let page: Page;
let problems: string[];

const button = (name: string) => page.getByRole("button", { name, exact: true });
const toast = (text: string) => page.locator(".Vue-Toastification__toast", { hasText: text }).first();
const item = () => page.locator(`.stack-list a.item[href="/compose/${stack}"]`);
/** xterm draws its lines as text. */
const terminal = (text: string) => page.locator(".xterm-rows", { hasText: text }).first();
const badge = (text: string) => page.locator("h1 .badge", { hasText: text });

/** 1.5.0 edits in a text area, the master branch in CodeMirror. */
async function typeCompose(text: string): Promise<void> {
    const area = page.locator(".editor-box textarea").first();
    if ((await area.count()) > 0) {
        await area.fill(text);
        return;
    }
    await page.locator(".editor-box .cm-content").first().click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(text);
}

async function file(name: string): Promise<string> {
    return await readFile(path.join(server.stacksDirectory, stack, name), "utf8");
}

async function logIn(password: string): Promise<void> {
    await page.locator("#floatingInput").fill(USER.name);
    await page.locator("#floatingPassword").fill(password);
    await page.locator("button[type=submit]").click();
    await page.locator(".stack-list").waitFor();
}

describe.skipIf("why" in checkout)("Dockge's own page at our server", () => {
    beforeAll(async () => {
        if ("why" in checkout) {
            return;
        }
        await ensureBaseImage();
        const pages = path.join(checkout.directory, "frontend-dist");
        [server, second, browser] = await Promise.all([startWithPages(pages), startWithPages(pages), launchBrowser()]);
        const agent = await new Client(second.url).connected();
        await agent.call("setup", USER.name, USER.password);
        agent.socket.disconnect();
        ({ page, problems } = await browser.open(server.url));
    });

    afterAll(async () => {
        await browser?.close();
        await Promise.all([server?.remove(), second?.remove()]);
        await removeProject(stack);
    });

    it("sets up the first user and is logged in", async (context) => {
        pictureOnFailure(context, page);
        await page.locator("#repeat").waitFor();
        expect(new URL(page.url()).pathname).toBe("/setup");
        await page.locator("#floatingInput").fill(USER.name);
        await page.locator("#floatingPassword").fill(USER.password);
        await page.locator("#repeat").fill(USER.password);
        await page.locator("button[type=submit]").click();
        await page.locator(".stack-list").waitFor();
    });

    it("makes a stack, saves it byte for byte and shows it in the list", async (context) => {
        pictureOnFailure(context, page);
        await page.locator('a[href="/compose"]').first().click();
        await page.locator("#name").fill(stack);
        await typeCompose(compose("one"));
        await button("Save").click();
        await item().waitFor();
        await badge("inactive").waitFor();
        expect(await file("compose.yaml")).toBe(compose("one"));
    });

    it("edits and deploys, with progress, status and logs", async (context) => {
        pictureOnFailure(context, page);
        await button("Edit").click();
        await typeCompose(compose("two"));
        await button("Deploy").click();
        await terminal("Started").waitFor();
        await badge("active").waitFor();
        await terminal("two").waitFor();
        expect(await file("compose.yaml")).toContain("echo two");
        await page.locator(".container .badge", { hasText: "running" }).first().waitFor();
    });

    it("opens a shell in a container", async (context) => {
        pictureOnFailure(context, page);
        await page.getByRole("link", { name: "Bash" }).first().click();
        await page.getByRole("link", { name: "Switch to sh" }).click();
        await page.waitForURL(/\/sh$/);
        await page.locator(".xterm-helper-textarea").first().focus();
        await terminal("#").waitFor();
        await page.keyboard.type("echo the sum is $((40 + 2))\n");
        await terminal("the sum is 42").waitFor();
        await item().click();
        await badge("active").waitFor();
    });

    it.skipIf(!hasServiceButtons)("stops and starts single services", async (context) => {
        pictureOnFailure(context, page);
        const web = page.locator(".container", { has: page.locator("h4", { hasText: /^web$/ }) }).last();
        await web.getByRole("button", { name: "Stop" }).click();
        await web.locator(".badge", { hasText: "N/A" }).or(web.locator(".badge", { hasText: "exited" })).waitFor();
        await web.getByRole("button", { name: "Start" }).click();
        await web.locator(".badge", { hasText: "running" }).waitFor();
    });

    it("stops, starts and restarts the stack", async (context) => {
        pictureOnFailure(context, page);
        await page.locator(".btn-group").first().getByRole("button", { name: "Stop" }).click();
        await badge("exited").waitFor();
        await page.locator(".btn-group").first().getByRole("button", { name: "Start" }).click();
        await badge("active").waitFor();
        await page.locator(".btn-group").first().getByRole("button", { name: "Restart" }).click();
        await toast("Restarted").waitFor();
    });

    it("deletes the stack with its folder", async (context) => {
        pictureOnFailure(context, page);
        await button("Delete").click();
        await page.locator(".modal.show .btn-danger").click();
        await item().waitFor({ state: "detached" });
        await expect(file("compose.yaml")).rejects.toThrow("ENOENT");
    });

    it("makes a compose file of docker run", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(server.url);
        await page.locator("textarea.docker-run").fill("docker run -d --name shop -p 8080:80 nginx:1");
        await button("Convert to Compose").click();
        await page.locator("#name").waitFor();
        await page.locator(".editor-box", { hasText: "container_name: shop" }).first().waitFor();
    });

    it("adds an agent and removes it", async (context) => {
        pictureOnFailure(context, page);
        page.once("dialog", (dialog) => void dialog.accept());
        await page.locator('header a[href="/"]').first().click();
        await button("Add Agent").click();
        await page.locator("form #url").fill(second.url);
        await page.locator("form #username").fill(USER.name);
        await page.locator("form #password").fill(USER.password);
        await page.locator("form button[type=submit]").click();
        const row = page.locator(".agent", { hasText: new URL(second.url).host });
        await row.getByText("Online").waitFor();
        await row.locator(".remove-agent").click();
        await page.locator(".modal.show .btn-danger").click();
        await row.waitFor({ state: "detached" });
    });

    it("keeps settings", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${server.url}/settings/general`);
        const host = page.locator("form.my-4 input").first();
        await host.fill("stacks.example.test");
        await button("Save").click();
        await toast("Saved").waitFor();
        await page.reload();
        await expect.poll(async () => await host.inputValue(), { timeout: 20_000 }).toBe("stacks.example.test");
    });

    it("changes the password, logs out and in with the new one", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${server.url}/settings/security`);
        await page.locator("#current-password:visible").fill(USER.password);
        await page.locator("#new-password").fill(NEW_PASSWORD);
        await page.locator("#repeat-new-password").fill(NEW_PASSWORD);
        await button("Update Password").click();
        await toast("Password has been updated").waitFor();
        await page.locator("#logout-btn").click();
        await page.goto(server.url);
        await logIn(NEW_PASSWORD);
    });

    it("has logged nothing as an error", () => {
        // Dockge draws its icon as a plug-in object, which our pages may not load: the icon is missing, and Chromium says so.
        expect(problems.filter((problem) => !problem.includes("/icon.svg' violates"))).toEqual([]);
    });
});
