import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeploymentStatistics, HealthCheckAttempt, ReleaseComparison, RemoteState } from "../../common/stack-insight.ts";
import { openTestBed, type TestBed } from "../fixtures/test-bed.ts";
import { composeFile, webService } from "../fixtures/web-service.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(() => bed.close());

const SECRET = "the-first-secret-5d1e";

describe("before a rollback", () => {
    it("everything that it changes is known from the mirror, secrets excepted", async () => {
        const variable = (value: string) => ({ environmentVariables: [{ name: "TOKEN", value, secret: true }, { name: "LEVEL", value: "info", secret: false }] });
        const stack = await bed.link({ purpose: "insight", buildConfig: { ...variable(SECRET), healthCheckPath: "/healthz" } });
        const { api } = stack;
        const first = await stack.pushAndWait(webService({ port: stack.port, version: "one" }), { message: "Say one" });
        await api.expectOk("PUT", `${stack.path}/build-config`, variable("the-second-secret-77b0"));
        await stack.push({ "notes.txt": "nothing deploys this\n" }, { message: "Write a note [skip ci]" });
        const second = await stack.pushAndWait({ "www/index.html": "two\n", "compose.yaml": composeFile({ port: stack.port, service: ["labels: { version: two }"] }) }, { message: "Say two" });
        expect(second.status).toBe("successful");

        const back = await api.expectOk<ReleaseComparison>("GET", `${stack.path}/comparison?deploymentId=${first.id}`);
        expect(back).toMatchObject({ current: { sha: second.sha, message: "Say two" }, target: { sha: first.sha, message: "Say one", deploymentId: first.id }, relation: "older", hasMoreCommits: false });
        expect(back.commits.map(({ message }) => message)).toEqual(["Say two", "Write a note [skip ci]"]);
        expect(back.files.paths).toEqual(["compose.yaml", "notes.txt", "www/index.html"]);
        expect(back.compose).toMatchObject({ isChanged: true, before: expect.stringContaining("version: two") });
        expect(back.compose?.after).not.toContain("version: two");
        expect(back.environment).toEqual([{ name: "TOKEN", change: "changed", before: { value: null }, after: { value: null } }]);
        expect(JSON.stringify(back)).not.toMatch(/first-secret|second-secret/);

        // Somebody pushes what does not deploy: the remote is ahead, and deploying it would bring one file.
        const { sha: ahead } = await stack.push({ "notes.txt": "more\n" }, { message: "More notes [skip ci]" });
        expect(await api.expectOk<RemoteState>("GET", `${stack.path}/repository/remote`)).toMatchObject({ isAhead: true, deployed: { sha: second.sha, message: "Say two" }, remote: { sha: ahead } });
        expect(await api.expectOk<RemoteState>("POST", `${stack.path}/repository/check`)).toMatchObject({ isAhead: true, commitCount: 1, remote: { message: "More notes [skip ci]" } });
        const forward = await api.expectOk<ReleaseComparison>("GET", `${stack.path}/comparison`);
        expect(forward).toMatchObject({ relation: "newer", commits: [{ sha: ahead }], environment: [], compose: { isChanged: false }, files: { paths: ["notes.txt"], total: 1 } });

        expect(await api.expectOk<HealthCheckAttempt>("POST", `${stack.path}/build-config/test-health-check`, {})).toMatchObject({ isHealthy: true, status: 200, url: `http://127.0.0.1:${stack.port}/healthz` });
        expect(await api.expectOk<HealthCheckAttempt>("POST", `${stack.path}/build-config/test-health-check`, { healthCheckPath: "/nowhere" })).toMatchObject({ isHealthy: false, status: 404 });
        const statistics = await api.expectOk<DeploymentStatistics>("GET", `${stack.path}/deployment-statistics?days=2`);
        expect(statistics).toMatchObject({ ended: 2, successRate: 1, medianLeadTime: expect.any(Number), medianTimeToRestore: null });
    });
});
