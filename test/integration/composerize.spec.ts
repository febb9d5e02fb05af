import fc from "fast-check";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { composerize, Composerizer } from "../../backend/host/standalone/stacks/composerize.ts";

describe("docker run to compose", () => {
    it("translates a command as it stands in instructions", async () => {
        const text = await composerize("$ sudo docker run -d \\\n  --name web -p 8080:80 -v ./site:/srv \\\n  --restart unless-stopped nginx:1.27 nginx -g 'daemon off;'\n");
        expect(text).not.toContain("<your project name>");
        expect(parse(text)).toEqual({ services: { nginx: { container_name: "web", ports: ["8080:80"], volumes: ["./site:/srv"], restart: "unless-stopped", image: "nginx:1.27", command: "nginx -g 'daemon off;'" } } });
    });

    it("takes several commands, and keeps what the library says about networks", async () => {
        const text = await composerize("docker run --network backend redis\nsudo docker run postgres");
        expect(Object.keys((parse(text) as { services: object }).services)).toEqual(["redis", "postgres"]);
        expect(text).toContain("# named network 'backend'");
        expect(text).not.toContain("name: <");
    });

    it.each([
        ["nothing", ""],
        ["another command", "docker ps -a"],
        ["a sentence", "please run nginx for me"],
        ["no image", "docker run -d"],
        ["a prototype", "docker run --__proto__.polluted=1 --constructor x"],
    ])("says what is wrong with %s", async (_name, command) => {
        await expect(composerize(command)).rejects.toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining("docker run") });
        expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    });

    it("ends a translation that would take too long, and lets the next one through", async () => {
        const composerizer = new Composerizer();
        await expect(composerize(`docker run ${"-e A=1 ".repeat(200_000)} nginx`, 300)).rejects.toMatchObject({ code: "EXEC_TIMEOUT" });
        expect(await composerizer.run("docker run nginx")).toContain("image: nginx");
    });

    it("answers whatever is pasted, with YAML or with a sentence", async () => {
        const word = fc.constantFrom("docker run", "-e", "'", '"', "$(", "\\\n", "--network", "{{", "nginx", "--mount", "=,", "#", ": ", "é", "--gpus all", "-p 80", "\0");
        await fc.assert(
            fc.asyncProperty(fc.array(word, { maxLength: 12 }), async (words) => {
                const text = await composerize(`docker run ${words.join(" ")}`).catch((error: unknown) => error);
                if (typeof text === "string") {
                    expect(parse(text)).toHaveProperty("services");
                } else {
                    expect(text).toMatchObject({ code: "INPUT_INVALID" });
                }
            }),
            { numRuns: 25 },
        );
    }, 60_000);
});
