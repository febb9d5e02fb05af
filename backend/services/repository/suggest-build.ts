import { parse } from "yaml";
import type { RepositoryTestResult } from "../../../common/views.ts";
import { discoverComposeFile, looksLikeComposeFile } from "../../domain/compose/compose-files.ts";
import type { TreeEntry } from "../../domain/ports.ts";

type Suggestion = NonNullable<RepositoryTestResult["suggestion"]>;

const MAX_CHOICES = 50;

/** A start for people who chose `script` before their repository could be read. */
export const DEFAULT_SCRIPT = scriptOf(["# Commands that prepare the checkout, such as: npm ci && npm run build"]);

/** How projects of a kind are built, by the file that gives the kind away; the first that is there decides. */
const BUILD_COMMANDS: readonly (readonly [file: string, commands: readonly string[]])[] = [
    ["Makefile", ["make"]],
    ["pnpm-lock.yaml", ["corepack pnpm install --frozen-lockfile", "corepack pnpm run --if-present build"]],
    ["yarn.lock", ["corepack yarn install --immutable", "corepack yarn run build"]],
    ["package-lock.json", ["npm ci", "npm run build --if-present"]],
    ["package.json", ["npm install", "npm run build --if-present"]],
    ["go.mod", ["go build ./..."]],
    ["Cargo.toml", ["cargo build --release"]],
    ["pom.xml", ["mvn --batch-mode package"]],
    ["gradlew", ["./gradlew build"]],
];

function scriptOf(commands: readonly string[]): string {
    return ["#!/usr/bin/env bash", "# Runs in a clean checkout of the commit. The images are built afterwards, with whatever it leaves there.", "set -euo pipefail", "", ...commands, ""].join("\n");
}

function suggestScript(paths: ReadonlySet<string>): string {
    const found = BUILD_COMMANDS.find(([file]) => paths.has(file));
    return found === undefined ? DEFAULT_SCRIPT : scriptOf(found[1]);
}

/** The compose file that the suggestion is about: the one at the root, else the one nearest to it. */
export function pickComposeFile(files: readonly TreeEntry[]): TreeEntry | null {
    const candidates = nearestFirst(files.filter((file) => isRegular(file) && looksLikeComposeFile(file.path)));
    const rootName = discoverComposeFile(new Set(candidates.map((file) => file.path)));
    return candidates.find((file) => file.path === rootName) ?? candidates[0] ?? null;
}

/** What a stack can be built from, nearest to the root first. */
export function buildFilesOf(files: readonly TreeEntry[]): { composeFiles: string[]; dockerfiles: string[] } {
    const regular = files.filter(isRegular);
    const pathsOf = (isWanted: (path: string) => boolean) => nearestFirst(regular.filter((file) => isWanted(file.path))).map((file) => file.path);
    return { composeFiles: pathsOf(looksLikeComposeFile), dockerfiles: pathsOf((path) => /(^|\/)(Dockerfile(\.[\w.-]+)?|[\w.-]+\.[Dd]ockerfile)$/.test(path)) };
}

/** A guess from what lies in the repository. @param composeText of the picked compose file */
export function suggestBuild(files: readonly TreeEntry[], composeFile: TreeEntry | null, composeText: string | null): Suggestion {
    const { composeFiles, dockerfiles } = buildFilesOf(files);
    const script = suggestScript(new Set(files.filter(isRegular).map((file) => file.path)));
    const common = { composePath: composeFile?.path ?? null, script, composeFiles: composeFiles.slice(0, MAX_CHOICES), dockerfiles: dockerfiles.slice(0, MAX_CHOICES) };
    if (composeFile !== null) {
        const hasBuild = composeText === null || buildsSomething(composeText);
        return { ...common, buildType: hasBuild ? "compose_build" : "compose_only", dockerfilePath: null };
    }
    if (dockerfiles[0] !== undefined) {
        return { ...common, buildType: "docker_build", dockerfilePath: dockerfiles[0] };
    }
    return { ...common, buildType: "script", dockerfilePath: null };
}

/** Unreadable YAML counts as building: that is the type which can do both. */
function buildsSomething(composeText: string): boolean {
    try {
        const model = parse(composeText, { uniqueKeys: false }) as { services?: Record<string, { build?: unknown } | null> | null } | null;
        return Object.values(model?.services ?? {}).some((service) => service?.build !== undefined && service.build !== null);
    } catch {
        return true;
    }
}

function isRegular(file: TreeEntry): boolean {
    return file.mode === "100644" || file.mode === "100755";
}

function nearestFirst(files: readonly TreeEntry[]): TreeEntry[] {
    const depth = (file: TreeEntry) => file.path.split("/").length;
    return [...files].sort((left, right) => depth(left) - depth(right) || (left.path < right.path ? -1 : 1));
}
