import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestFile, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { freePort, startServer, until, type TestServer } from "../fixtures/server.ts";
import { makePush, send } from "../fixtures/webhook-sender.ts";
import { webService } from "../fixtures/web-service.ts";

const TOKEN = "token-for-the-browser-test";
const USER = { name: "ada", password: "correct horse battery" };

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

describe("a person with a browser", () => {
    it("sets up the server, links a repository, pushes and watches, and sees a bad push rolled back", async (context) => {
        pictureOnFailure(context, page);

        await at("setup-username").fill(USER.name);
        await at("setup-password").fill(USER.password);
        await at("setup-repeat").fill(USER.password);
        await at("setup-submit").click();
        await at("stack-search").waitFor();

        head = await repository.commit(webService({ port, version: "one" }), { message: "The first version" });
        await page.goto(`${server.url}/new-from-git`);
        await at("new-stack-name").fill(stack);
        await at("git-url").fill(git.urlOf(stack));
        await at("git-provider").selectOption("github");
        await at("auth-type").selectOption("http_token");
        await at("git-token").fill(TOKEN);
        await at("test-connection").click();
        await at("test-result").waitFor();
        await at("save-repository").click();

        await at("webhook-secret").waitFor();
        webhook = { url: (await at("webhook-url").innerText()).trim(), secret: (await at("webhook-secret").innerText()).trim() };
        expect(webhook.url).toBe(`${server.url}/api/webhooks/deploy/${webhook.url.split("/").pop() ?? ""}`);

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
        expect(problems).toEqual([]);
    });

    it("finds the same after the server was restarted, without logging in again", async (context) => {
        pictureOnFailure(context, page);
        await server.restart();
        await page.goto(`${server.url}/compose/${stack}/deployments`);
        await at("deployment-row").first().waitFor();
        expect(await at("deployment-row").count()).toBe(2);
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
