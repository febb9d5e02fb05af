import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser, makeFirstAccount } from "../test/fixtures/browser.ts";
import { docker } from "../test/fixtures/engine.ts";
import { pause } from "../test/fixtures/server.ts";
import { inEveryLook, screensOf, show } from "../test/fixtures/screens.ts";
import { openShowcase, type Showcase } from "../test/fixtures/showcase.ts";

/**
 * `npm run screenshots`: a picture of every screen in both themes, for a desktop and a phone, in `screenshots/`. With a real server, a real Git server
 * and the real Engine in temporary folders, which are removed at the end. Words behind it choose screens: `npm run screenshots -- git home`.
 */

const FOLDER = path.join(import.meta.dirname, "..", "screenshots");
/** Milliseconds for what moves to come to rest: a chart, a fade. */
const REST_MS = 350;
const wanted = process.argv.slice(2);

const isWanted = (name: string): boolean => wanted.length === 0 || wanted.some((word) => name.includes(word));

async function take(page: Page, name: string, load: () => Promise<void>, isWindowFull = false): Promise<void> {
    if (!isWanted(name)) {
        return;
    }
    await inEveryLook(page, load, async (look) => {
        await page.waitForLoadState("networkidle");
        await pause(REST_MS);
        await page.screenshot({ path: path.join(FOLDER, `${name}-${look}.png`), fullPage: !isWindowFull });
    });
    console.log(`  ${name}`);
}

/** The plain word where the Engine has nothing of that name: what is removed at the end must be ours. */
async function freeNames(): Promise<Set<string>> {
    const { stdout } = await docker(["ps", "-a", "--format", '{{.Label "com.docker.compose.project"}}']);
    return new Set(stdout.split("\n"));
}

async function takeAll(showcase: Showcase): Promise<void> {
    const { url } = showcase.bed.server;
    const browser = await launchBrowser();
    const reload = (page: Page, ready: string) => async () => {
        await page.reload();
        await page.getByTestId(ready).first().waitFor();
    };
    try {
        const { page } = await browser.open(url);
        await take(page, "setup", reload(page, "setup-form"));
        await makeFirstAccount(page);

        const other = await browser.open(showcase.agent.url);
        await makeFirstAccount(other.page);
        await take(other.page, "home-empty", reload(other.page, "stacks-empty"));
        await other.page.getByTestId("logout").click();
        await take(other.page, "login", reload(other.page, "login-form"));

        await showcase.addAgent();
        for (const screen of screensOf(showcase)) {
            await take(page, screen.name, async () => await show(page, url, screen), screen.isWindowFull);
        }
        if (isWanted("running")) {
            const build = await showcase.startSlowBuild();
            const running = { name: "", path: `/compose/${showcase.healthy.name}/deployments/${build.id}`, ready: "step-pre-build" };
            await take(page, "deployment-running", async () => await show(page, url, running), true);
            await page.goto(url);
            await take(page, "home-running", reload(page, "deployment-row"));
            await build.end();
        }
    } finally {
        await browser.close();
    }
}

console.log("Filling a server with stacks, pushes and deployments …");
const taken = await freeNames();
const showcase = await openShowcase((bed, purpose) => (taken.has(purpose) ? bed.newProject(purpose) : purpose));
try {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    console.log(`Taking pictures into ${FOLDER}`);
    await takeAll(showcase);
} finally {
    await showcase.close();
}
