import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAttachedDockge, type AttachedDockge } from "../fixtures/attached-dockge.ts";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { freePort } from "../fixtures/server.ts";
import { webService } from "../fixtures/web-service.ts";

const checkout = findDockge();
if ("why" in checkout) {
    console.warn(`NOT RUN: our tabs in a real Dockge's page. ${checkout.why}.`);
}

const TOKEN = "token-for-the-attached-test";
const USER = { name: "ada", password: "Correct-horse-battery-7" };
const PICTURES = path.join(import.meta.dirname, "..", "..", "test-results", "attached");
const stack = uniqueProject("attached");
const other = uniqueProject("plain");
const fresh = uniqueProject("fresh");

let dockge: AttachedDockge;
let git: GitHttpServer;
let repositories: TestRepositories;
let repository: TestRepository;
let browser: TestBrowser;
let page: Page;
let problems: string[];
let port: number;

const at = (testId: string) => page.getByTestId(testId);
const item = (name: string) => page.locator(`.stack-list a.item[href="/compose/${name}"]`);

async function served(): Promise<string> {
    return (await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim();
}

/** For people to look at. */
async function picture(name: string): Promise<void> {
    await page.waitForTimeout(250);
    await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}

/** On the page of the run that has just been started. */
async function expectSuccess(message: string): Promise<void> {
    await at("deployment-page").getByRole("heading", { name: message }).waitFor();
    await at("deployment-page").locator('[data-testid="deployment-status"][data-status="successful"]').first().waitFor({ timeout: 60_000 });
}

async function expectNewest(status: string, message: string): Promise<void> {
    const newest = at("deployment-row").first();
    await newest.getByText(message).waitFor();
    await newest.locator(`[data-status="${status}"]`).waitFor({ timeout: 60_000 });
}

describe.skipIf("why" in checkout)("our tabs in an unmodified Dockge", () => {
    beforeAll(async () => {
        if ("why" in checkout) {
            return;
        }
        await ensureBaseImage();
        await mkdir(PICTURES, { recursive: true });
        repositories = await makeRepositories();
        repository = await repositories.create(stack);
        git = await startGitHttpServer({ root: repositories.root, token: TOKEN });
        port = await freePort();
        [dockge, browser] = await Promise.all([startAttachedDockge(checkout), launchBrowser()]);
        for (const name of [stack, other]) {
            await mkdir(path.join(dockge.stacksDirectory, name));
            await writeFile(path.join(dockge.stacksDirectory, name, "compose.yaml"), `services:\n  idle:\n    image: ${BASE_IMAGE}\n`);
        }
        ({ page, problems } = await browser.open(dockge.url));
    });

    afterAll(async () => {
        await browser?.close();
        await dockge?.remove();
        await git?.close();
        await repositories?.close();
        await removeProject(stack);
    });

    it("adds tabs to a stack's page, and goes to and fro between Dockge's page and ours", async (context) => {
        pictureOnFailure(context, page);
        await page.getByRole("textbox").first().fill(USER.name);
        await page.locator("input[type=password]").first().fill(USER.password);
        await page.locator("input[type=password]").nth(1).fill(USER.password);
        await page.locator("button[type=submit]").click();
        await item(stack).click();
        await at("tab-stack-git").waitFor();
        await picture("compose-tab");

        await at("tab-stack-git").click();
        await at("link-repository").waitFor();
        expect(new URL(page.url()).pathname).toBe(`/stacks/${stack}/git`);
        expect(await item(stack).getAttribute("class")).toContain("active");
        await picture("git-unlinked");
        await at("tab-stack").click();
        await page.getByRole("button", { name: "Edit" }).waitFor();
        expect(new URL(page.url()).pathname).toBe(`/compose/${stack}`);
        await page.goBack();
        await at("link-repository").waitFor();
        await item(other).click();
        await page.locator("h1", { hasText: other }).waitFor();
        expect(await item(stack).getAttribute("class")).not.toContain("active");
    });

    it("links a repository, deploys, shows the run and returns to the former release", async (context) => {
        pictureOnFailure(context, page);
        await repository.commit(webService({ port, version: "one" }), { message: "The first version" });
        await item(stack).click();
        await at("tab-stack-git").click();
        await at("git-url").fill(git.urlOf(stack));
        await at("git-provider").selectOption("generic");
        await at("auth-type").selectOption("http_token");
        await at("git-token").fill(TOKEN);
        await at("test-connection").click();
        await at("test-result").waitFor();
        await at("save-repository").click();
        await at("webhook-secret").waitFor();
        expect(await at("webhook-url").innerText()).toContain(`${dockge.url}/api/webhooks/deploy/`);
        await picture("git-linked");

        await at("tab-stack-deployments").click();
        await at("deploy-now").click();
        await expectSuccess("The first version");
        await at("log-lines").getByText("www", { exact: false }).first().waitFor();
        await picture("deployment");
        expect(await served()).toBe("one");

        await repository.commit({ "www/index.html": "two\n" }, { message: "The second version" });
        await at("tab-stack-deployments").click();
        await at("deploy-now").click();
        await expectSuccess("The second version");
        expect(await served()).toBe("two");

        await at("tab-stack-deployments").click();
        await expectNewest("successful", "The second version");
        await picture("deployments");
        await at("deployment-row").nth(1).getByTestId("rollback").click();
        await picture("rollback-dialog");
        await at("confirm-ok").click();
        await expectSuccess("The first version");
        expect(await served()).toBe("one");
    });

    it("survives a reload on its own address, edit mode, and Dockge's question about unsaved changes", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${dockge.url}/stacks/${stack}/deployments?q=second`);
        await at("deployment-row").first().waitFor();
        expect(await at("deployment-row").count()).toBe(1);
        await page.reload();
        await at("deployment-row").first().waitFor();
        // Dockge replaces its page with each change of the address; who types must not notice.
        await at("filter-text").fill("");
        await at("filter-text").pressSequentially("first", { delay: 150 });
        await page.waitForURL("**/deployments?q=first");
        await at("filter-text").pressSequentially(" v");
        await page.waitForURL(/q=first(\+|%20)v$/);
        expect(await at("filter-text").inputValue()).toBe("first v");
        await page.goto(`${dockge.url}/compose/${stack}`);
        await page.getByRole("button", { name: "Edit" }).click();
        await page.getByRole("button", { name: "Save" }).waitFor();
        page.once("dialog", (dialog) => void dialog.dismiss());
        await at("tab-stack-git").click();
        await page.getByRole("button", { name: "Save" }).waitFor();
        page.once("dialog", (dialog) => void dialog.accept());
        await at("tab-stack-git").click();
        await at("webhook-card").waitFor();
    });

    it("offers a new stack from Git, and does nothing where Dockge has no stack", async (context) => {
        pictureOnFailure(context, page);
        await at("new-from-git").click();
        await at("new-from-git-page").waitFor();
        await picture("new-from-git");
        await at("new-stack-name").fill(fresh);
        await at("git-url").fill(git.urlOf(stack));
        await at("git-provider").selectOption("generic");
        await at("auth-type").selectOption("http_token");
        await at("git-token").fill(TOKEN);
        await at("test-connection").click();
        await at("test-result").waitFor();
        await at("save-repository").click();
        await at("webhook-secret").waitFor();
        expect(new URL(page.url()).pathname).toBe(`/stacks/${fresh}/git`);
        await item(fresh).waitFor();
        await item(fresh).click();
        await at("tab-stack-git").waitFor();
        await picture("waiting-stack");
        for (const address of ["/", "/compose", "/console", "/settings/general"]) {
            await page.goto(dockge.url + address);
            await page.locator("header .nav-pills").waitFor();
            expect(await at("tab-stack-git").count()).toBe(0);
        }
    });

    it("takes Dockge's theme, fits a phone, and leaves Dockge's elements as they are", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${dockge.url}/`);
        await item(stack).waitFor();
        await page.getByText("Docker Run").waitFor();
        const looks = async () => {
            await page.mouse.move(700, 850);
            return await page.evaluate(() => [...document.querySelectorAll("header .title, main h1, main .shadow-box, main .form-control, main .btn-normal:not([data-git-deploy-new])")].flatMap((element) => {
                const style = getComputedStyle(element);
                return Object.values(style).filter((name) => typeof name === "string").map((name) => `${element.className} ${name}: ${style.getPropertyValue(name)}`);
            }));
        };
        const before = await looks();
        await item(stack).click();
        await at("tab-stack-git").click();
        await at("webhook-card").waitFor();
        await page.locator("header a", { hasText: "Dockge" }).click();
        await page.getByText("Docker Run").waitFor();
        expect((await looks()).filter((look) => !before.includes(look))).toEqual([]);

        await page.evaluate(() => localStorage.setItem("theme", "light"));
        for (const [name, tab] of [["light-compose", ""], ["light-git", "git"], ["light-deployments", "deployments"]] as const) {
            await page.goto(tab === "" ? `${dockge.url}/compose/${stack}` : `${dockge.url}/stacks/${stack}/${tab}`);
            await at(tab === "deployments" ? "deployment-row" : tab === "git" ? "webhook-card" : "tab-stack-git").first().waitFor();
            await picture(name);
        }
        await page.evaluate(() => localStorage.setItem("theme", "dark"));
        await page.setViewportSize({ width: 360, height: 780 });
        for (const tab of ["git", "deployments"]) {
            await page.goto(`${dockge.url}/stacks/${stack}/${tab}`);
            await at(tab === "git" ? "webhook-card" : "deployment-row").first().waitFor();
            await picture(`phone-${tab}`);
            expect(await page.evaluate(() => document.querySelector(".git-deploy")?.parentElement?.scrollWidth ?? 0)).toBeLessThanOrEqual(360);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
        expect(problems).toEqual([]);
    });

    it("has its screens at an address of their own, too", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(`${dockge.url}/git-deploy/compose/${stack}/git`);
        await at("webhook-card").waitFor();
        await picture("own-page");
        expect(new URL(page.url()).pathname).toBe(`/git-deploy/compose/${stack}/git`);
    });
});
