import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const root = path.join(import.meta.dirname, "..", "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

const composeFile = z.object({
    services: z.record(z.string(), z.object({ build: z.object({ context: z.string(), dockerfile: z.string() }), ports: z.array(z.string()), volumes: z.array(z.string()), environment: z.array(z.string()) })),
});

describe.each([["compose.yaml", "docker/standalone.Dockerfile"], ["docker/compose.attached.yaml", "docker/attached.Dockerfile"]])("%s", (file, image) => {
    const [service] = Object.values(composeFile.parse(parse(read(file))).services);

    it("builds from a Dockerfile and a folder that are there", () => {
        const context = path.join(path.dirname(file), service?.build.context ?? "");
        expect(path.join(context, service?.build.dockerfile ?? "")).toBe(image);
        expect(existsSync(path.join(root, context, "package-lock.json"))).toBe(true);
    });

    it("has the stacks folder at the same path inside and outside, the one that the server is told", () => {
        const stacks = service?.environment.find((each) => each.startsWith("DOCKGE_STACKS_DIR="))?.split("=")[1] ?? "";
        expect(service?.volumes).toEqual(expect.arrayContaining([`${stacks}:${stacks}`, "/var/run/docker.sock:/var/run/docker.sock", "./data:/app/data"]));
        expect(service?.ports).toEqual(["5001:5001"]);
    });
});

describe.each(["docker/standalone.Dockerfile", "docker/attached.Dockerfile"])("%s", (file) => {
    const text = read(file);
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = ""]) => sources.split(" "));

    it("copies only what is there and is sent to the Engine", () => {
        const sent = new Set(read(".dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1)));
        expect(copied.length).toBeGreaterThan(5);
        expect(copied.filter((source) => !sent.has(source.split("/")[0] ?? ""))).toEqual([]);
        expect(copied.filter((source) => !source.includes("*") && !existsSync(path.join(root, source)))).toEqual([]);
    });

    it("compiles SQLite for the Debian that it runs on", () => {
        expect(text).toMatch(/^RUN npm_config_build_from_source=sqlite3 npm_config_nodedir=\/usr\/local npm ci /m);
    });
});
