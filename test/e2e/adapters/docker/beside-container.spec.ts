import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BesideContainer } from "../../../../backend/adapters/docker/beside-container.ts";
import { DockerEngine } from "../../../../backend/adapters/docker/docker-engine.ts";
import { BASE_IMAGE, ensureBaseImage } from "../../../fixtures/base-image.ts";
import { docker, uniqueProject } from "../../../fixtures/engine.ts";

const settings = { searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", dockerSocket: "/var/run/docker.sock" };
const project = uniqueProject("beside");
const image = `${project}-server`;
const own = `${project}-server-1`;

async function said(argv: string[]): Promise<string> {
    return (await docker(argv)).stdout.trim();
}

beforeAll(async () => {
    await ensureBaseImage();
    // As Compose does it: the labels are on the image that it has built, and on the container; the server has a volume and a user.
    const label = ["--label", `com.docker.compose.project=${project}`];
    await docker(["create", "--name", own, ...label, BASE_IMAGE, "true"]);
    await docker(["commit", own, image]);
    await docker(["rm", own]);
    await docker(["run", "-d", "--name", own, ...label, "--volume", `${project}:/data`, "--user", "1234:1235", image, "sleep", "600"]);
});

afterAll(async () => {
    await docker(["rm", "-f", own, `${own}-beside`], { isFailureFine: true });
    await docker(["volume", "rm", "-f", project], { isFailureFine: true });
    await docker(["rmi", "-f", image], { isFailureFine: true });
});

describe("a container beside the server's own", () => {
    const beside = new BesideContainer({ ...settings, program: "/bin/sh", ownContainerIds: () => Promise.resolve(["0".repeat(64), own]) });

    it("does not take the place of a container that is somebody else's", async () => {
        await docker(["create", "--name", `${own}-beside`, BASE_IMAGE, "true"]);
        await expect(beside.run(["-c", "true"])).rejects.toMatchObject({ code: "STACK_BUSY", message: expect.stringContaining("Rename or remove") });
        await docker(["rm", `${own}-beside`]);
    });

    it("has the server's image, mounts and user, is no part of its stack, and keeps what it said", async () => {
        expect(await beside.run(["-c", "echo $DOCKER_HOST; id -u; ls -d /data; exec sleep 600"])).toBe(`${own}-beside`);
        const format = "{{.Config.User}} {{.Image}}";
        expect(await said(["inspect", "-f", format, `${own}-beside`])).toBe(await said(["inspect", "-f", format, own]));
        const projects = await new DockerEngine(settings).projects();
        expect(projects.find(({ name }) => name === project)?.containers.map(({ name }) => name)).toEqual([own]);
        await expect(beside.run(["-c", "true"])).rejects.toMatchObject({ code: "STACK_BUSY", message: expect.stringContaining(`docker logs ${own}-beside`) });
        await expect.poll(() => said(["logs", `${own}-beside`])).toBe("unix:///var/run/docker.sock\n1234\n/data");
        await docker(["kill", `${own}-beside`]);
    });

    it("takes the place of the one before, and goes on when its own server is gone", async () => {
        await beside.run(["-c", "while ! test -e /data/gone; do sleep 0.1; done; echo done"]);
        await docker(["rm", "-f", own]);
        await docker(["run", "--rm", "--volume", `${project}:/data`, BASE_IMAGE, "touch", "/data/gone"]);
        expect(await said(["wait", `${own}-beside`])).toBe("0");
        expect(await said(["logs", `${own}-beside`])).toBe("done");
    });
});
