import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Makes a fresh clone runnable: `npm start` and `npm test` call this before anything else.
 * Plain JavaScript without dependencies, because it runs before anything is installed; silent when nothing is to do.
 * What it prints goes to standard error, so that the output of a command that follows stays its own.
 */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => path.join(root, ...parts);

/** Modification time in milliseconds; 0 when there is nothing. */
function modifiedAt(file) {
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The newest file or folder below; a folder counts because removing a file changes only that. */
function newestBelow(entry) {
    const status = statSync(entry, { throwIfNoEntry: false });
    if (status === undefined) {
        return 0;
    }
    let newest = status.mtimeMs;
    if (status.isDirectory()) {
        for (const name of readdirSync(entry)) {
            newest = Math.max(newest, newestBelow(path.join(entry, name)));
        }
    }
    return newest;
}

function checkNode() {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
    if (!isSupported) {
        stop(`This needs Node.js 20.19 or later (or 22.12 or later); this is ${process.versions.node}.`);
    }
}

function stop(message, code = 1) {
    process.stderr.write(`${message}\n`);
    process.exit(code);
}

function run(purpose, file, argv, env = {}) {
    process.stderr.write(`${purpose} ...\n`);
    const result = spawnSync(file, argv, { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, ...env } });
    if (result.error !== undefined) {
        stop(`${purpose} failed: ${file} could not be started (${result.error.message}).`);
    }
    if (result.status !== 0) {
        stop(`${purpose} failed; the lines above say why.`, result.status ?? 1);
    }
}

/** Under npm its own script is known; a bare "npm" is a .cmd file on some systems. */
function npm(purpose, argv, env) {
    const script = process.env["npm_execpath"];
    const [file, ...before] = script === undefined ? ["npm"] : [process.execPath, script];
    run(purpose, file, [...before, ...argv], env);
}

function install() {
    const lockFile = inRoot("package-lock.json");
    const stamp = inRoot("node_modules", ".package-lock.json");
    const installed = modifiedAt(stamp);
    // An installation without the development packages can run what is built, but cannot build.
    const canBuild = modifiedAt(inRoot("node_modules", "vite", "package.json")) > 0;
    if (installed >= modifiedAt(lockFile) && canBuild) {
        return;
    }
    npm("Installing packages", ["ci", "--include=dev", "--no-audit", "--no-fund", "--json=false"]);
    // Should what follows fail, the next start begins here again.
    utimesSync(stamp, 0, 0);
    ensureSqliteLoads();
    const now = new Date();
    utimesSync(stamp, now, now);
}

/** Its installer takes a binary without trying it, which may have been built for a newer C library than that of this system. */
function ensureSqliteLoads() {
    if (spawnSync(process.execPath, ["-e", 'require("sqlite3")'], { cwd: root, stdio: "ignore" }).status !== 0) {
        npm("Compiling SQLite for this system (needs python3, make and a C++ compiler)", ["rebuild", "sqlite3", "--json=false"], { npm_config_build_from_source: "sqlite3" });
    }
}

/** Builds when a source is newer than the start of the last build. */
function build(purpose, stampName, output, sources, argv) {
    const stamp = inRoot("dist", stampName);
    const newest = Math.max(...sources.map((source) => newestBelow(inRoot(source))));
    if (modifiedAt(inRoot(output)) > 0 && modifiedAt(stamp) >= newest) {
        return;
    }
    const startedAt = new Date();
    run(purpose, process.execPath, argv);
    mkdirSync(inRoot("dist"), { recursive: true });
    writeFileSync(stamp, "");
    utimesSync(stamp, startedAt, startedAt);
}

checkNode();
// An installed image has the compiled program and no sources: nothing to install or build there.
if (modifiedAt(inRoot("package-lock.json")) > 0) {
    install();
    if (process.argv.includes("--build")) {
        const vite = (config) => [inRoot("node_modules", "vite", "bin", "vite.js"), "build", "--config", config, "--logLevel", "warn"];
        build("Building the server", ".backend-built", "dist/backend/index.js", ["backend", "db", "common", "extra", "package-lock.json"], vite("backend/vite.config.ts"));
        build("Building the pages", ".frontend-built", "dist/frontend/index.html", ["frontend", "common", "package-lock.json"], vite("frontend/vite.config.ts"));
        build("Building the tabs for Dockge", ".embed-built", "dist/embed/embed.js", ["frontend", "common", "package-lock.json"], vite("frontend/vite.embed.config.ts"));
    }
}
