import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchProcesses } from "../fixtures/processes.ts";
import { GIT_TOKEN, openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { webService } from "../fixtures/web-service.ts";

const WEBHOOK_SECRET = "webhook-secret-3c9f0a7be1";
const VARIABLE_SECRET = "variable-secret-84d1c6b2f0";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

/** The value as it is, and in the forms in which it slips through masks. */
function formsOf(secret: string): string[] {
    const basic = Buffer.from(`x-access-token:${secret}`).toString("base64");
    return [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, ""), Buffer.from(secret).toString("hex"), basic];
}

async function filesBelow(directory: string): Promise<string[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe("secrets", () => {
    it("are nowhere in plain after a run that used and printed them: data folder, database, logs, arguments, the server's output", async () => {
        const stack = await bed.link({
            purpose: "secrets",
            webhookSecret: WEBHOOK_SECRET,
            buildConfig: {
                environmentVariables: [{ name: "PASSWORD", value: VARIABLE_SECRET, secret: true }],
                preBuildCommands: ['echo "the password is $PASSWORD"', 'printf %s "$PASSWORD" | base64'],
                maxRetries: 0,
            },
        });
        const processes = watchProcesses();
        const good = await stack.pushAndWait(webService({ port: stack.port, version: "one", service: ['environment: {PASSWORD: "${PASSWORD}"}'], startup: 'echo "starting with $PASSWORD"' }));
        expect(good).toMatchObject({ status: "successful", error: null });
        // A refused login and a container that prints the value on its way out must not tell either.
        bed.git.behaviour = "forbidden";
        expect((await stack.deployAndWait()).errorCode).toBe("GIT_AUTH_FAILED");
        bed.git.behaviour = "normal";
        const bad = await stack.pushAndWait({ "serve.sh": 'echo "leaking $PASSWORD"; exit 1\n' });
        expect(bad.status).toBe("rolled_back");
        const argumentLists = await processes.stop();

        const token = bed.server.token;
        const secrets = [GIT_TOKEN, WEBHOOK_SECRET, VARIABLE_SECRET, token].flatMap(formsOf);
        const found: string[] = [];
        const search = (where: string, content: Buffer | string) => {
            for (const form of secrets) {
                if (content.includes(form)) {
                    found.push(`${form} in ${where}`);
                }
            }
        };
        for (const file of await filesBelow(bed.server.dataDirectory)) {
            search(file, await readFile(file));
        }
        for (const commandLine of argumentLists) {
            search(`the arguments ${commandLine}`, commandLine);
        }
        search("the server's output", bed.server.log);
        for (const { id } of await stack.deployments()) {
            search(`the log of ${id}`, await stack.log(id));
            search(`the deployment ${id}`, JSON.stringify(await stack.deployment(id)));
        }
        for (const page of ["/repository", "/build-config", "", "/deployments"]) {
            search(page, JSON.stringify((await stack.api.get(stack.path + page)).body).replace(/"(composeENV|env)":"(\\.|[^"\\])*"/g, ""));
        }
        search("the deliveries", JSON.stringify(await stack.events()));
        search("the metrics", JSON.stringify((await stack.api.get("/metrics")).body));
        expect(found).toEqual([]);
        expect(argumentLists.size).toBeGreaterThan(10);
    });

    it("lie in files that only their owner may read, and no run leaves a key file behind", async () => {
        const own = path.join(bed.server.dataDirectory, "git-deploy");
        expect((await stat(path.join(own, "secret.key"))).mode & 0o777).toBe(0o600);
        expect((await stat(path.join(own, "keys"))).mode & 0o777).toBe(0o700);
        const contents = await Promise.all((await filesBelow(bed.server.dataDirectory)).map(async (file) => await readFile(file, "latin1")));
        expect(contents.some((content) => content.includes("PRIVATE KEY-----"))).toBe(false);
    });
});
