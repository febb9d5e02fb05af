import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAttachedDockge, startPlainDockge, type AttachedDockge } from "../fixtures/attached-dockge.ts";
import { BASE_IMAGE, ensureBaseImage } from "../fixtures/base-image.ts";
import { launchBrowser, pictureOnFailure, type TestBrowser } from "../fixtures/browser.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { startGitHttpServer, type GitHttpServer } from "../fixtures/git-http-server.ts";
import { makeRepositories, type TestRepositories, type TestRepository } from "../fixtures/git-repository.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { freePort } from "../fixtures/server.ts";
import { Client, PASSWORD, USERNAME } from "../fixtures/standalone-host.ts";
import { webService } from "../fixtures/web-service.ts";

const checkout = findDockge();
if ("why" in checkout) {
    console.warn(`NOT RUN: our tabs in a real Dockge that is a hub. ${checkout.why}.`);
}

const TOKEN = "token-for-the-hub-test";
/** The page gives up on an agent after 12 seconds. */
const SILENCE_LIMIT_MS = 16_000;
const theirs = uniqueProject("agent");
const foreign = uniqueProject("foreign");
const own = uniqueProject("hub");

let hub: AttachedDockge;
let agent: AttachedDockge;
let plain: AttachedDockge;
let git: GitHttpServer;
let repositories: TestRepositories;
let repository: TestRepository;
let browser: TestBrowser;
let page: Page;
let problems: string[];
let port: number;

const at = (testId: string) => page.getByTestId(testId);
const endpointOf = (dockge: AttachedDockge) => new URL(dockge.url).host;
const item = (name: string, endpoint = "") => page.locator(`.stack-list a.item[href="/compose/${name}${endpoint === "" ? "" : `/${endpoint}`}"]`);

async function served(): Promise<string> {
    return (await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim();
}

/** On the page of the run that has just been started. */
async function expectSuccess(message: string): Promise<void> {
    await at("deployment-page").getByRole("heading", { name: message }).waitFor();
    await at("deployment-page").locator('[data-testid="deployment-status"][data-status="successful"]').first().waitFor({ timeout: 60_000 });
}

async function prepare(dockge: AttachedDockge, stack: string): Promise<void> {
    await mkdir(path.join(dockge.stacksDirectory, stack));
    await writeFile(path.join(dockge.stacksDirectory, stack, "compose.yaml"), `services:\n  idle:\n    image: ${BASE_IMAGE}\n`);
    const client = await new Client(dockge.url).connected();
    await client.call("setup", USERNAME, PASSWORD);
    client.socket.disconnect();
}

/** On Dockge's own form. */
async function addAgent(dockge: AttachedDockge): Promise<void> {
    await page.getByRole("button", { name: "Add Agent" }).click();
    await page.locator("#url").fill(dockge.url);
    await page.locator("#username").fill(USERNAME);
    await page.locator("#password").fill(PASSWORD);
    // Dockge's nightly builds have a name as well; without one their own page fails to draw the row.
    const name = page.locator("form #name[optional]");
    if ((await name.count()) > 0) {
        await name.fill(endpointOf(dockge));
    }
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator(".agent", { hasText: endpointOf(dockge) }).locator(".badge.bg-primary").waitFor();
}

/** Dockge uses the rows of its list again for other stacks, so that a row that is clicked too early leads elsewhere. */
async function wholeList(): Promise<void> {
    await item(own).waitFor();
    await item(theirs, endpointOf(agent)).waitFor();
    await item(foreign, endpointOf(plain)).waitFor();
}

/** Kinds, classes and texts of all of Dockge's elements but for the list, in which everything that runs on this machine is. */
/** Without the rows that a terminal draws: how many there are depends on when it was measured. */
async function skeleton(): Promise<string[]> {
    return await page.evaluate(() =>
        [...document.querySelectorAll("#app *:not(.stack-list *, .xterm *)")].map((element) => {
            const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent?.trim());
            return `${element.tagName}.${String(element.getAttribute("class"))} ${text.join(" ")}`;
        }),
    );
}

describe.skipIf("why" in checkout)("a Dockge with us that has agents", () => {
    beforeAll(async () => {
        if ("why" in checkout) {
            return;
        }
        await ensureBaseImage();
        repositories = await makeRepositories();
        repository = await repositories.create(theirs);
        git = await startGitHttpServer({ root: repositories.root, token: TOKEN });
        port = await freePort();
        browser = await launchBrowser();
        // Each is kept as soon as it is there, so that it is removed also when another one does not start.
        await Promise.all([
            startAttachedDockge(checkout).then((started) => (hub = started)),
            startAttachedDockge(checkout).then((started) => (agent = started)),
            startPlainDockge(checkout).then((started) => (plain = started)),
        ]);
        await Promise.all([prepare(hub, own), prepare(agent, theirs), prepare(plain, foreign)]);
        ({ page, problems } = await browser.open(hub.url));
    });

    afterAll(async () => {
        await browser?.close();
        await Promise.all([hub?.remove(), agent?.remove(), plain?.remove()]);
        await git?.close();
        await repositories?.close();
        await removeProject(theirs);
    });

    it("shows the tabs on the stacks of an agent that is added on Dockge's own page", async (context) => {
        pictureOnFailure(context, page);
        await page.getByRole("textbox").first().fill(USERNAME);
        await page.locator("input[type=password]").fill(PASSWORD);
        await page.locator("button[type=submit]").click();
        await item(own).waitFor();
        await addAgent(agent);
        await addAgent(plain);
        await item(theirs, endpointOf(agent)).click();
        await at("tab-stack-git").click();
        await at("link-repository").waitFor();
        expect(new URL(page.url()).pathname).toBe(`/stacks/${theirs}/${endpointOf(agent)}/git`);
        await page.locator("h1", { hasText: `${theirs} (${endpointOf(agent)})` }).waitFor();
        expect(await item(theirs, endpointOf(agent)).getAttribute("class")).toContain("active");
    });

    it("links, deploys and rolls back on the agent, and on nothing else", async (context) => {
        pictureOnFailure(context, page);
        await repository.commit(webService({ port, version: "one" }), { message: "The first version" });
        await at("git-url").fill(git.urlOf(theirs));
        await at("git-provider").selectOption("generic");
        await at("auth-type").selectOption("http_token");
        await at("git-token").fill(TOKEN);
        await at("test-connection").click();
        await at("test-result").waitFor();
        await at("save-repository").click();
        await at("webhook-secret").waitFor();
        // The provider has to reach the agent, not the hub.
        expect(await at("webhook-url").innerText()).toContain(`${agent.url}/api/webhooks/deploy/`);

        await at("tab-stack-deployments").click();
        await at("deploy-now").click();
        // Pushed by the agent while the run goes on, through the hub.
        await at("log-lines").getByText("www", { exact: false }).first().waitFor();
        await expectSuccess("The first version");
        expect(new URL(page.url()).pathname).toMatch(new RegExp(`^/stacks/${theirs}/${endpointOf(agent)}/deployments/[0-9a-f-]{36}$`));
        expect(await served()).toBe("one");

        await repository.commit({ "www/index.html": "two\n" }, { message: "The second version" });
        await at("tab-stack-deployments").click();
        await at("deploy-now").click();
        await expectSuccess("The second version");
        expect(await served()).toBe("two");

        await at("tab-stack-deployments").click();
        const newest = at("deployment-row").first();
        await newest.getByText("The second version").waitFor();
        await newest.locator('[data-status="successful"]').waitFor();
        await at("deployment-row").nth(1).getByTestId("rollback").click();
        await at("confirm-ok").click();
        await expectSuccess("The first version");
        expect(await served()).toBe("one");

        // Its log is there after a reload, too.
        await page.reload();
        await at("log-lines").getByText(/files? written/).waitFor();
        expect(existsSync(path.join(hub.stacksDirectory, theirs))).toBe(false);
        await at("tab-stack").click();
        await page.getByRole("button", { name: "Edit" }).waitFor();
        await item(own).click();
        await at("tab-stack-deployments").click();
        await at("deployments-tab").getByRole("link", { name: /link/i }).waitFor();
        expect(await at("deployment-row").count()).toBe(0);
    });

    it("says what to do about an agent without us, and leaves its stack to Dockge", async (context) => {
        pictureOnFailure(context, page);
        await item(foreign, endpointOf(plain)).click();
        for (const tab of ["git", "deployments"] as const) {
            const startedAt = Date.now();
            await at(`tab-stack-${tab}`).click();
            const alert = at(`${tab}-tab`).getByTestId("error-alert").first();
            await alert.waitFor();
            expect(Date.now() - startedAt).toBeLessThan(SILENCE_LIMIT_MS);
            expect(await alert.getByTestId("error-code").innerText()).toBe("AGENT_SILENT");
            expect(await alert.innerText()).toContain(`The agent ${endpointOf(plain)} did not answer. Attach Git Deploy to the Dockge there as well`);
            expect(await page.locator(".git-deploy .spinner-border").count()).toBe(0);
        }
        await at("tab-stack").click();
        await page.getByRole("button", { name: "Edit" }).waitFor();
        await item(theirs, endpointOf(agent)).click();
        await at("tab-stack-git").click();
        await at("webhook-card").waitFor();
        expect(problems).toEqual([]);
    });

    it("offers each agent for a new stack from Git", async (context) => {
        pictureOnFailure(context, page);
        await at("new-from-git").click();
        await at("new-stack-agent").selectOption(endpointOf(agent));
        await page.waitForURL(`**/new-from-git/${endpointOf(agent)}`);
        await at("new-stack-name").fill("not-made");
    });

    it("keeps the tabs when Dockge's language changes", async (context) => {
        pictureOnFailure(context, page);
        for (const language of ["ko-KR", "ar", "en"]) {
            await page.goto(`${hub.url}/settings/appearance`);
            await page.locator("#language").selectOption(language);
            await page.waitForFunction((wanted) => localStorage.getItem("locale") === wanted, language);
            await page.locator("header a", { hasText: "Dockge" }).click();
            await wholeList();
            await item(own).click();
            // Dockge's own word for it is "create" in the first two.
            expect((await at("tab-stack").innerText()).trim()).toBe("Compose");
            await at("tab-stack-git").click();
            await at("link-repository").waitFor();
            await page.reload();
            await at("link-repository").waitFor();
            await at("tab-stack").click();
            await at("tab-stack-deployments").waitFor();
            expect(await at("tab-stack-git").count()).toBe(1);
            expect(await at("new-from-git").count()).toBe(1);
        }
    });

    it("leaves a page that is not as expected to Dockge, and still has its own", async (context) => {
        pictureOnFailure(context, page);
        const warnings: string[] = [];
        page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
        const open = async (): Promise<string[]> => {
            await page.goto(`${hub.url}/compose/${own}`);
            await wholeList();
            await page.getByRole("button", { name: "Edit" }).waitFor();
            await page.waitForLoadState("networkidle");
            const elements = await skeleton();
            await page.getByRole("button", { name: "Edit" }).click();
            await page.getByRole("button", { name: "Save" }).waitFor();
            return elements;
        };
        await page.route("**/git-deploy/assets/embed.js*", async (route) => await route.fulfill({ contentType: "text/javascript", body: "" }));
        const without = await open();
        await page.unroute("**/git-deploy/assets/embed.js*");

        // A Dockge of some other day, in which the route that we put ours beside has another name.
        await page.route("**/assets/index-*.js", async (route) => {
            const script = await (await route.fetch()).text();
            expect(script).toContain("DashboardHome");
            await route.fulfill({ contentType: "text/javascript", body: script.replaceAll("DashboardHome", "Overview") });
        });
        expect(await open()).toEqual(without);
        expect(warnings.filter((text) => text.startsWith("Git Deploy:"))).toEqual([
            `Git Deploy: this page of Dockge has no route DashboardHome. It is left as it is; the Git screens are at ${hub.url}/git-deploy`,
        ]);
        expect(await at("tab-stack-git").count()).toBe(0);
        await page.goto(`${hub.url}/git-deploy/compose/${own}/git`);
        await at("link-repository").waitFor();
        await page.unroute("**/assets/index-*.js");
        expect(problems).toEqual([]);
    });
});
