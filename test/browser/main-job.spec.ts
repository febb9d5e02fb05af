import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, makeFirstAccount, pictureOnFailure, USER, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestFile, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { freePort, startServer, until, type TestServer } from "../fixtures/server.ts";
import { makePush, send } from "../fixtures/webhook-sender.ts";
import { composeFile, dockerfile, webService } from "../fixtures/web-service.ts";

const TOKEN = "token-for-the-browser-test";

let server: TestServer;
let git: GitHttpServer;
let repositories: TestRepositories;
let repository: TestRepository;
let browser: TestBrowser;
let page: Page;
let problems: string[];
let port: number;
const stack = uniqueProject("browser");

beforeAll(async () => {
    await ensureBaseImage();
    repositories = await makeRepositories();
    repository = await repositories.create(stack);
    git = await startGitHttpServer({ root: repositories.root, token: TOKEN });
    port = await freePort();
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    ({ page, problems } = await browser.open(server.url));
});

afterAll(async () => {
    await browser.close();
    await server.remove();
    await git.close();
    await repositories.close();
    await removeProject(stack);
});

const at = (testId: string) => page.getByTestId(testId);

/** The webhook's address and secret as the person copied them from the page. */
let webhook: { url: string; secret: string };
let head = "0".repeat(40);

async function push(files: Record<string, TestFile>, message: string): Promise<void> {
    const after = await repository.commit(files, { message });
    const delivery = makePush({ ref: "refs/heads/main", before: head, after, message, url: git.urlOf(stack), modified: Object.keys(files) }, { provider: "github", secret: webhook.secret });
    head = after;
    expect((await send(webhook.url, delivery)).status).toBe(202);
}

async function served(): Promise<string> {
    return (await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim();
}

/** The list of deployments, with the newest row on top showing the status; no reload in between. */
async function expectNewest(status: string, message: string): Promise<void> {
    const newest = at("deployment-row").first();
    await newest.getByText(message).waitFor();
    await newest.locator(`[data-status="${status}"]`).waitFor({ timeout: 60_000 });
}

/** With the keyboard alone: Tab until the element has the focus. */
async function tabTo(testId: string): Promise<void> {
    for (let presses = 0; presses < 150; presses += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((id) => document.activeElement?.closest(`[data-testid="${id}"]`) !== null, testId)) {
            return;
        }
    }
    throw new Error(`Tab does not lead to ${testId}`);
}

async function typeInto(testId: string, text: string): Promise<void> {
    await tabTo(testId);
    await page.keyboard.type(text);
}

describe("a person with a browser", () => {
    it("sets up the server and links a repository, with the keyboard alone", async (context) => {
        pictureOnFailure(context, page);
        await makeFirstAccount(page);
        head = await repository.commit(webService({ port, version: "one" }), { message: "The first version" });
        await tabTo("new-from-git");
        await page.keyboard.press("Enter");
        await at("new-from-git-page").waitFor();
        await page.keyboard.type(stack);
        await typeInto("git-url", git.urlOf(stack));
        await typeInto("git-provider", "GitHub");
        await typeInto("auth-type", "Access");
        await typeInto("git-token", TOKEN);
        await tabTo("test-connection");
        await page.keyboard.press("Enter");
        await at("test-result").waitFor();
        await tabTo("save-repository");
        await page.keyboard.press("Enter");

        await at("webhook-secret").waitFor();
        webhook = { url: (await at("webhook-url").innerText()).trim(), secret: (await at("webhook-secret").innerText()).trim() };
        expect(webhook.url).toBe(`${server.url}/api/webhooks/deploy/${webhook.url.split("/").pop() ?? ""}`);
    });

    it("pushes and watches, with somebody else who sees the same, and sees a bad push rolled back", async (context) => {
        pictureOnFailure(context, page);
        const other = await browser.open(`${server.url}/compose/${stack}/deployments`);
        await other.page.getByTestId("login-username").fill(USER.name);
        await other.page.getByTestId("login-password").fill(USER.password);
        await other.page.getByTestId("login-submit").click();
        await other.page.getByTestId("deployments-tab").waitFor();

        await at("tab-stack-deployments").click();
        await push({ "www/index.html": "two\n" }, "The second version");
        await expectNewest("successful", "The second version");
        expect(await served()).toBe("two");

        await push({ "www/index.html": "three\n", "www/healthz": null }, "A version that is not well");
        await at("deployment-row").first().getByText("A version that is not well").waitFor();
        await at("open-deployment").first().click();
        await at("step-build").waitFor();
        await at("log-lines").getByText("www", { exact: false }).first().waitFor();
        await page.locator('[data-testid="deployment-status"][data-status="rolled_back"]').first().waitFor({ timeout: 60_000 });
        await at("failure-code").waitFor();
        expect(await at("failure-code").innerText()).toMatch(/CONTAINER_UNHEALTHY|HEALTH_TIMEOUT/);
        expect(await at("step-rollback").isVisible()).toBe(true);
        expect(await served()).toBe("two");

        const rows = other.page.getByTestId("deployment-row");
        await rows.first().locator('[data-status="rolled_back"]').waitFor();
        expect(await rows.getByTestId("open-deployment").allInnerTexts()).toEqual(["A version that is not well", "The second version"]);
        expect([...problems, ...other.problems]).toEqual([]);
        await other.context.close();
    });

    it("finds out why a build failed, and goes back to an older release, with the keyboard alone", async (context) => {
        pictureOnFailure(context, page);
        await at("tab-stack-deployments").click();
        await push({ "www/index.html": "four\n", "www/healthz": "ok\n", "compose.yaml": composeFile({ port, service: ["labels:", "    version: four"] }) }, "A third version");
        await expectNewest("successful", "A third version");
        await push({ Dockerfile: dockerfile(["RUN echo no such package >&2 && false"]) }, "A version that is not built");
        await expectNewest("failed", "A version that is not built");
        expect(await served()).toBe("four");

        await tabTo("open-deployment");
        await page.keyboard.press("Enter");
        await at("failure-reason").getByText("no such package").waitFor();
        await at("log-lines").locator(".is-failing").first().waitFor();
        await page.goBack();
        const older = at("deployment-row").filter({ hasText: "The second version" });
        await older.getByTestId("rollback").focus();
        await page.keyboard.press("Enter");
        await at("compose-difference").getByText("version: four").waitFor();
        await at("compared-commits").getByText("A third version").waitFor();
        await page.keyboard.press("Escape");
        await at("compose-difference").waitFor({ state: "detached" });
        expect(await older.getByTestId("rollback").evaluate((button) => button === document.activeElement)).toBe(true);

        await page.keyboard.press("Enter");
        await at("compose-difference").waitFor();
        await tabTo("confirm-ok");
        await page.keyboard.press("Enter");
        await at("deployment-page").locator('[data-testid="deployment-status"][data-status="successful"]').first().waitFor({ timeout: 60_000 });
        expect(await served()).toBe("two");
        expect(problems).toEqual([]);
    });

    it("finds the same after the server was restarted, without logging in again", async (context) => {
        pictureOnFailure(context, page);
        await server.restart();
        await page.goto(`${server.url}/compose/${stack}/deployments`);
        await at("deployment-row").first().waitFor();
        expect(await at("deployment-row").count()).toBe(5);
        await until("the stack is shown as active", async () => (await at(`stack-row-${stack}`).innerText()).includes(stack));
    });

    it("logs out, is refused with a wrong password, and logs in", async (context) => {
        pictureOnFailure(context, page);
        await page.goto(server.url);
        await at("logout").click();
        await at("login-username").fill(USER.name);
        await at("login-password").fill("wrong password");
        await at("login-submit").click();
        await at("error-message").waitFor();
        await at("login-password").fill(USER.password);
        await at("login-submit").click();
        await at(`stack-row-${stack}`).waitFor();
    });
});
