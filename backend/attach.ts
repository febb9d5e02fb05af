import { once } from "node:events";
import { readFileSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DockgeUnfamiliarError, importDockge, requireFamiliar, type Dockge, type DockgeServer } from "./host/dockge/dockge-seams.ts";
import { holdRequests } from "./host/dockge/hold-requests.ts";
import { extendPage, findPage, isBelow, OWN_PREFIX } from "./host/dockge/page.ts";
import { builtFiles } from "./host/http/built-files.ts";

/**
 * Starts Dockge in its own folder, which is the working directory, with our part in it. Whatever is wrong with us or between us is said in one
 * line, and Dockge then runs as if we were not there. What is imported above is small on purpose: our part is loaded when Dockge
 * already listens.
 */

/** Dockge must be whole soon, with us or without. */
const PREPARE_LIMIT_MS = 30_000;
/** What only we can answer, and the connections that gain something from us. They wait; Dockge's pages do not. */
const HELD_PATHS = ["/api", "/metrics", OWN_PREFIX, "/socket.io"];
/** Whoever has waited for the port gets Dockge's page before our part keeps the process busy. */
const FIRST_ANSWERS_MS = 100;
/** What takes longest to load; each on its own, so that Dockge answers in between. */
const PIECES = [
    () => import("zod"),
    () => import("express"),
    () => import("knex"),
    () => import("dockerode"),
    () => import("./adapters/git/git-cli.ts"),
    () => import("./store/stores.ts"),
    () => import("./host/openapi.ts"),
    () => import("./pipeline/pipeline.ts"),
];

/** Of Node.js, whose declarations for version 20 do not know it. */
type RegisterHooks = (hooks: { load: (url: string, context: unknown, next: (url: string, context: unknown) => unknown) => unknown }) => void;

async function main(): Promise<void> {
    const root = process.cwd();
    await learnTypeScript();
    keepOwnFiles();
    let dockge: Dockge;
    try {
        dockge = await importDockge(root);
    } catch (error) {
        await leaveAlone(error);
        await import(pathToFileURL(path.join(root, "backend", "index.ts")).href);
        return;
    }
    const server = dockge.createServer();
    try {
        requireFamiliar(dockge, server);
        join(dockge, server);
    } catch (error) {
        await leaveAlone(error);
    }
    await server.serve();
}

/** Dockge is started from its TypeScript sources, by the program `tsx`; this entry brings it along. */
async function learnTypeScript(): Promise<void> {
    if (process.execArgv.some((argument) => argument.includes("tsx"))) {
        return;
    }
    (await import("tsx/cjs/api")).register();
    (await import("tsx/esm/api")).register();
}

/**
 * `tsx` takes each file with an `import()` apart and puts it together again with a map: half a second and 60 MiB for ours, which need nothing of it.
 * Hooks that are registered later are asked first. Node.js before 22.15 has none of this kind, and is only slower.
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
function keepOwnFiles(): void {
    const { registerHooks } = module as unknown as { registerHooks?: RegisterHooks };
    const own = new URL(".", import.meta.url).href;
    registerHooks?.({
        load: (url, context, next) =>
            url.startsWith(own) && url.endsWith(".js") ? { format: "module", source: readFileSync(fileURLToPath(url)), shortCircuit: true } : next(url, context),
    });
}

function join(dockge: Dockge, server: DockgeServer): void {
    const page = findPage(builtFiles("embed"));
    const restorePage = extendPage(server, page);
    const arrivals = holdRequests(server.httpServer, ({ url = "" }) => HELD_PATHS.some((prefix) => isBelow(prefix, url.split("?", 1)[0] ?? "")));
    let stop: () => Promise<void> = () => Promise.resolve();

    const prepare = async () => {
        await once(server.httpServer, "listening");
        const limit = AbortSignal.timeout(PREPARE_LIMIT_MS);
        const enterWithoutUs = () => arrivals.open(restorePage);
        limit.addEventListener("abort", enterWithoutUs);
        const preparing = loadInPieces().then(({ attachTo }) => attachTo({ dockge, server, page, limit, enter: (attach) => arrivals.open(attach) }));
        // A stop that comes meanwhile waits for what there will be to stop.
        stop = async () => await (await preparing.catch(() => null))?.close();
        // Dockge waits up to 30 s for browsers to hang up before it stops anything; our builds need not wait for them.
        for (const signal of ["SIGTERM", "SIGINT"] as const) {
            process.once(signal, () => void stop());
        }
        try {
            await preparing;
        } catch (error) {
            await leaveAlone(error);
            enterWithoutUs();
        } finally {
            limit.removeEventListener("abort", enterWithoutUs);
        }
    };
    void prepare();

    const shutdown = server.shutdownFunction;
    server.shutdownFunction = async (signal) => {
        await stop();
        await shutdown.call(server, signal);
    };
}

async function loadInPieces() {
    await pause(FIRST_ANSWERS_MS);
    for (const load of PIECES) {
        await load();
        await turn();
    }
    return await import("./attached.ts");
}

async function leaveAlone(error: unknown): Promise<void> {
    const [{ createLogger }, { ConfigError }, { DeployError }] = await Promise.all([import("./log.ts"), import("./config.ts"), import("./domain/errors.ts")]);
    // These sentences say it all; behind a module that could not be loaded there may be more.
    const isPlain = error instanceof DeployError || error instanceof ConfigError || (error instanceof DockgeUnfamiliarError && error.cause === undefined);
    const why = error instanceof Error ? error.message : String(error);
    createLogger("info").error(isPlain ? {} : { err: error }, `Dockge runs without Git Deploy: ${why}`);
}

await main();
