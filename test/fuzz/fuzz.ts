import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { build } from "vite";
import { makePush } from "../fixtures/webhook-sender.ts";
import { PROVIDERS } from "../../common/schemas.ts";

/**
 * Coverage-guided fuzzing of what reads strangers' bytes: `npx tsx test/fuzz/fuzz.ts [target] [seconds]`.
 * Jazzer.js (libFuzzer for Node.js) is fetched for the run and not part of an installation. The corpus stays in the temporary folder, so that a second
 * run goes on; an input that fails is written there too, and its path printed.
 * @see https://github.com/CodeIntelligenceTesting/jazzer.js
 */

const JAZZER = "@jazzer.js/core@4.0.0";
const TARGETS = ["webhook", "compose", "env-file", "git-url", "git-output", "log-bytes"];
/** Jazzer.js 4 is built for glibc 2.38: on an older system, name a Node.js that runs with a newer one. */
const node = process.env["FUZZ_NODE"] ?? process.execPath;
const [only = "all", seconds = "60"] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(os.tmpdir(), "git-deploy-fuzz");

/** Jazzer.js instruments what is required, so all of it is one CommonJS file. */
async function bundle(): Promise<void> {
    await build({
        root,
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        ssr: { noExternal: true },
        build: { ssr: path.join(import.meta.dirname, "targets.ts"), outDir: path.join(folder, "built"), emptyOutDir: true, target: "node20", rolldownOptions: { output: { format: "cjs", entryFileNames: "targets.cjs", codeSplitting: false } } },
    });
}

/** Something to start from that each parser accepts. */
async function seed(target: string, corpus: string): Promise<void> {
    await mkdir(corpus, { recursive: true });
    const seeds: Record<string, string[]> = {
        webhook: PROVIDERS.map((provider, index) => {
            const push = { ref: "refs/heads/main", before: "a".repeat(40), after: "b".repeat(40), message: "A change", url: "https://git.example/team/blog.git" };
            return String.fromCharCode(index, index, 0) + makePush(push, { provider, secret: "s" }).body;
        }),
        compose: ["name: blog\nservices:\n  web:\n    build: {context: ./web, dockerfile: Dockerfile}\n    env_file: [a.env]\n    volumes: ['./data:/data', {type: bind, source: ../x, target: /x}]\n", "include: [{path: ../other.yaml}]\nservices: &s\n  a: {extends: {file: b.yaml, service: c}}\n"],
        "env-file": ["A=1\nB='two'\n# c\nexport C=\"$A\"\n"],
        "git-url": ["https://git.example:8443/team/blog.git", "git@git.example:team/blog.git", "ssh://git@[2001:db8::1]:22/team/blog"],
        "git-output": ["0123456789012345678901234567890123456789\trefs/heads/main\n", "100644 blob 0123456789012345678901234567890123456789      12\tcompose.yaml\0", "submodule.a.path\nlib\0submodule.a.url\n../b.git\0", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"],
        "log-bytes": ["\x1b[31mhunter2-hunter2\x1b[0m\r\nnext\0\x9b2J\n"],
    };
    await Promise.all((seeds[target] ?? []).map((text, index) => writeFile(path.join(corpus, `seed-${index}`), text, "latin1")));
}

/** Fetched once into the temporary folder. */
function install(): string {
    const cli = path.join(folder, "node_modules/@jazzer.js/core/dist/cli.js");
    if (!existsSync(cli) && spawnSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", JAZZER], { stdio: ["ignore", "ignore", "inherit"] }).status !== 0) {
        throw new Error("Jazzer.js could not be fetched.");
    }
    return cli;
}

/** Its own detectors are off: a path that leads out is what our checks are given on purpose. @returns whether nothing was found */
async function fuzz(target: string): Promise<boolean> {
    const corpus = path.join(folder, target);
    await seed(target, corpus);
    const entry = path.join(folder, "built", `${target}.cjs`);
    await writeFile(entry, `module.exports.fuzz = require("./targets.cjs").targets[${JSON.stringify(target)}];\n`);
    console.log(`\n# ${target}`);
    const argv = [install(), entry, corpus, "-i", "targets", "--sync", "--disable_bug_detectors", ".*", "--", `-max_total_time=${seconds}`, "-timeout=10", "-rss_limit_mb=2048", "-max_len=8192", "-print_final_stats=1", "-verbosity=0", `-artifact_prefix=${corpus}-`];
    return spawnSync(node, argv, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

await rm(path.join(folder, "built"), { recursive: true, force: true });
await bundle();
const found: string[] = [];
for (const target of TARGETS.filter((name) => only === "all" || name === only)) {
    if (!(await fuzz(target))) {
        found.push(target);
    }
}
console.log(found.length === 0 ? "\nNothing was found." : `\nSomething was found: ${found.join(", ")}`);
process.exitCode = found.length === 0 ? 0 : 1;
