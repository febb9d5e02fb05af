import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_IMAGE } from "../fixtures/base-image.ts";
import { docker, imageId } from "../fixtures/engine.ts";
import { openTestBed, type LinkedStack, type TestBed } from "../fixtures/test-bed.ts";
import { dockerfile, webService } from "../fixtures/web-service.ts";

let bed: TestBed;

beforeAll(async () => {
    bed = await openTestBed();
});

afterAll(async () => {
    await bed.close();
});

/** A stack whose first version serves "one". */
async function healthyStack(purpose: string): Promise<{ stack: LinkedStack; firstId: string }> {
    const stack = await bed.link({ purpose });
    const first = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
    expect(first.status).toBe("successful");
    return { stack, firstId: first.id };
}

describe("a bad push leaves the old version serving", () => {
    it("when the build breaks, without touching a container", async () => {
        const { stack } = await healthyStack("build");
        const before = await stack.containers();
        const bad = await stack.pushAndWait({ Dockerfile: dockerfile(["RUN echo about-to-break && exit 7"]), "www/index.html": "two\n" });

        expect(bad).toMatchObject({ status: "failed", errorCode: "BUILD_FAILED" });
        expect(bad.error).toContain("exit code: 7");
        expect(bad.buildLogs).toContain("about-to-break");
        expect(await stack.containers()).toEqual(before);
        expect(await stack.served()).toBe("one");
        expect(await stack.read("www", "index.html")).toBe("one\n");
    });

    it("when the health check breaks, by going back to the old images and files", async () => {
        const { stack, firstId } = await healthyStack("health");
        const [before] = await stack.containers();
        const bad = await stack.pushAndWait({ "www/healthz": null, "www/index.html": "two\n" });

        expect(bad.status).toBe("rolled_back");
        expect(["CONTAINER_UNHEALTHY", "HEALTH_TIMEOUT"]).toContain(bad.errorCode);
        expect(bad.previousDeploymentId).toBe(firstId);
        expect(await stack.served()).toBe("one");
        expect((await stack.containers())[0]?.imageId).toBe(before?.imageId);
        expect(await stack.read("www", "index.html")).toBe("one\n");
        expect(bad.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(expect.arrayContaining(["health failed", "rollback successful"]));

        const good = await stack.pushAndWait({ "www/healthz": "ok\n", "www/index.html": "three\n" });
        expect(good.status).toBe("successful");
        expect(await stack.served()).toBe("three");
    });

    it("when the image exits", async () => {
        const { stack } = await healthyStack("exit");
        const bad = await stack.pushAndWait({ "serve.sh": "echo cannot-go-on >&2; exit 3\n" });
        expect(bad.status).toBe("rolled_back");
        expect(["CONTAINER_EXITED", "UP_FAILED"]).toContain(bad.errorCode);
        expect(await stack.log(bad.id)).toContain("cannot-go-on");
        expect(await stack.served()).toBe("one");
    });

    it("when the path that is asked for over HTTP is not there any more", async () => {
        const stack = await bed.link({ purpose: "probe", buildConfig: { healthCheckPath: "/ready", healthCheckTimeout: 8 } });
        expect((await stack.pushAndWait({ ...webService({ port: stack.port, version: "one" }), "www/ready": "yes\n" })).status).toBe("successful");
        const bad = await stack.pushAndWait({ "www/index.html": "two\n", "www/ready": null });
        expect(bad).toMatchObject({ status: "rolled_back", errorCode: "HEALTH_CHECK_FAILED" });
        expect(await stack.served()).toBe("one");

        const good = await stack.pushAndWait({ "www/index.html": "three\n", "www/ready": "yes\n" });
        expect(good.status).toBe("successful");
        expect(await stack.served()).toBe("three");
    });

    it("says failed and leaves nothing healthy to return to when it was the first", async () => {
        const stack = await bed.link({ purpose: "first" });
        const bad = await stack.pushAndWait(webService({ port: stack.port, version: "one", isHealthy: false }));
        expect(bad.status).toBe("failed");
        expect(["CONTAINER_UNHEALTHY", "HEALTH_TIMEOUT"]).toContain(bad.errorCode);
        expect(bad.error).toMatch(/first|nothing to (go|return|roll)|no (earlier|former|previous|healthy) release/i);

        const good = await stack.pushAndWait({ "www/healthz": "ok\n" });
        expect(good.status).toBe("successful");
        expect(await stack.served()).toBe("one");
    });

    it("stays on the bad version and says failed when rollbackOnFailure is off", async () => {
        const { stack } = await healthyStack("stay");
        await stack.api.expectOk("PUT", `${stack.path}/build-config`, { rollbackOnFailure: false });
        const bad = await stack.pushAndWait({ "www/healthz": null, "www/index.html": "two\n" });
        expect(bad.status).toBe("failed");
        expect(await stack.served()).toBe("two");
    });
});

describe("rollback by click", () => {
    it("returns to a kept release without build or network, and pauses auto-deploy until a person resumes it", async () => {
        const { stack, firstId } = await healthyStack("click");
        const second = await stack.pushAndWait({ "www/index.html": "two\n", "added.txt": "new\n" });
        expect(await stack.served()).toBe("two");
        expect((await stack.deployment(firstId)).canRollBackTo).toBe(true);

        const requests = bed.git.requests.length;
        const rollback = await stack.finished((await stack.act(firstId, "rollback")).id);
        expect(rollback).toMatchObject({ kind: "rollback", status: "successful", previousDeploymentId: firstId });
        expect(rollback.triggeredByUser).toBe("test");
        expect(await stack.served()).toBe("one");
        await expect(stack.read("added.txt")).rejects.toThrow("ENOENT");
        expect(bed.git.requests.length).toBe(requests);

        const ignored = await stack.push({ "www/index.html": "three\n" });
        expect(ignored.reply).toMatchObject({ status: 200, body: { ignored: "AUTO_DEPLOY_PAUSED" } });
        expect(await stack.served()).toBe("one");

        const forward = await stack.finished((await stack.act(second.id, "rollback")).id);
        expect(forward.status).toBe("successful");
        expect(await stack.served()).toBe("two");
    });

    it("is refused, with the stack as it was, when an image of the release is gone", async () => {
        const { stack, firstId } = await healthyStack("lost-image");
        const [old] = await stack.containers();
        await stack.pushAndWait({ "www/index.html": "two\n" });
        await docker(["image", "rm", "-f", old?.imageId ?? ""]);
        expect(await imageId(old?.imageId ?? "")).toBeNull();

        const reply = await stack.api.post<{ id?: string; code?: string }>(`/api/v1/deployments/${firstId}/rollback`, {});
        if (reply.status < 300) {
            expect(await stack.finished(reply.body.id ?? "")).toMatchObject({ status: "failed", errorCode: "IMAGE_MISSING" });
        } else {
            expect(["IMAGE_MISSING", "RELEASE_NOT_KEPT"]).toContain(reply.body.code);
        }
        expect(await stack.served()).toBe("two");
    });

    it("keeps the images of the last releases and removes older ones", async () => {
        const stack = await bed.link({ purpose: "keep", buildConfig: { keepReleases: 2 } });
        const first = await stack.pushAndWait(webService({ port: stack.port, version: "one" }));
        const [firstContainer] = await stack.containers();
        await stack.pushAndWait({ "www/index.html": "two\n" });
        await stack.pushAndWait({ "www/index.html": "three\n" });

        expect((await stack.deployment(first.id)).canRollBackTo).toBe(false);
        expect(await imageId(firstContainer?.imageId ?? "")).toBeNull();
        expect((await stack.api.post<{ code: string }>(`/api/v1/deployments/${first.id}/rollback`, {})).body.code).toBe("RELEASE_NOT_KEPT");
        expect(await imageId(BASE_IMAGE)).not.toBeNull();
    });
});
