import { describe, expect, it } from "vitest";
import { discoverOverrideFile, needsRendering } from "../../../../backend/domain/compose/compose-files.ts";

describe("a compose file at the root", () => {
    it("is left as it is where it is the only one, or the one that everybody prefers", () => {
        expect(needsRendering("docker-compose.yml", new Set(["docker-compose.yml", "deploy/compose.yaml"]))).toBe(false);
        expect(needsRendering("compose.yaml", new Set(["compose.yaml", "compose.yml", "docker-compose.yaml"]))).toBe(false);
    });

    it("is written as compose.yaml where Compose could take another one", () => {
        expect(needsRendering("docker-compose.yaml", new Set(["docker-compose.yaml", "compose.yml"]))).toBe(true);
        expect(needsRendering("docker-compose.yml", new Set(["docker-compose.yml", "compose.yml"]))).toBe(true);
        expect(needsRendering("compose.yml", new Set(["compose.yml", "compose.yaml"]))).toBe(true);
        expect(needsRendering("deploy/compose.yaml", new Set(["deploy/compose.yaml", "compose.yaml"]))).toBe(true);
    });
});

it("a compose file is merged with the override that Compose prefers", () => {
    expect(discoverOverrideFile(new Set(["compose.override.yaml", "compose.override.yml"]))).toBe("compose.override.yml");
    expect(discoverOverrideFile(new Set(["docker-compose.override.yaml", "docker-compose.override.yml"]))).toBe("docker-compose.override.yml");
    expect(discoverOverrideFile(new Set(["compose.yaml"]))).toBeNull();
});
