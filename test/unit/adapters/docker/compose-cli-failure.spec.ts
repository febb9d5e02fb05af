import { describe, expect, it } from "vitest";
import { configFailure, upFailure } from "../../../../backend/adapters/docker/compose-cli-failure.ts";
import { buildFailure, pullFailure } from "../../../../backend/adapters/docker/docker-cli-failure.ts";

const failed = (stderr: string, stdout = "", exitCode = 1) => ({ exitCode, stdout, stderr });
const AWAY = "Cannot connect to the Docker daemon at unix:///tmp/nope.sock. Is the docker daemon running?";

describe("what Compose says about a model", () => {
    it.each([
        ["no configuration file provided: not found", [], "COMPOSE_MISSING"],
        ["open /s/blog/deploy/compose.yaml: no such file or directory", ["./deploy/compose.yaml"], "COMPOSE_MISSING"],
        ["open /s/blog/sub/included.yaml: no such file or directory", ["compose.yaml"], "COMPOSE_INVALID"],
        ["yaml: line 6: mapping values are not allowed in this context", [], "COMPOSE_INVALID"],
        [AWAY, [], "DOCKER_UNAVAILABLE"],
    ])("%s", (words, files, code) => {
        expect(configFailure(failed(words), "/s/blog", files)).toMatchObject({ code });
    });

    it("keeps its words, without warnings and without our paths", () => {
        const stderr = 'time="2026-11-26T00:17:55Z" level=warning msg="The \\"FOO\\" variable is not set."\nvalidating /s/blog/compose.yaml: services.web Additional property imag is not allowed\n';
        expect(configFailure(failed(stderr), "/s/blog", []).message).toBe("Docker Compose does not accept the compose file: validating compose.yaml: services.web Additional property imag is not allowed");
    });
});

describe("what Docker says about a build", () => {
    const stdout = "#5 [web 2/2] RUN make\n#5 0.138 hello\n#5 0.138 oops-this-broke\n#5 ERROR: executor failed running [/bin/sh -c make]: exit code: 3\n------\n > [web 2/2] RUN make:\n0.138 hello\n0.138 oops-this-broke\n------\n";
    const stderr = "failed to solve: executor failed running [/bin/sh -c make]: exit code: 3\n";

    it("names the step and what it printed last", () => {
        const error = buildFailure(failed(stderr, stdout, 17));
        expect(error).toMatchObject({ code: "BUILD_FAILED", isRetryable: false, details: { lastLines: ["hello", "oops-this-broke"] } });
        expect(error.message).toBe("The build failed: executor failed running [/bin/sh -c make]: exit code: 3. It printed last: hello / oops-this-broke");
    });

    it("reads plain docker build, which prints everything on standard error", () => {
        expect(buildFailure(failed(`${stdout}ERROR: ${stderr}`)).message).toBe("The build failed: executor failed running [/bin/sh -c make]: exit code: 3. It printed last: hello / oops-this-broke");
    });

    it("can try again when the registry of the base image was not reached, not when a step's own download failed", () => {
        const base = 'ERROR: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: Head "https://registry.test/v2/x": dial tcp: lookup registry.test: no such host';
        expect(buildFailure(failed(base)).isRetryable).toBe(true);
        expect(buildFailure(failed("failed to solve: executor failed running [curl x || echo dial tcp]: exit code: 6")).isRetryable).toBe(false);
    });

    it("does not believe a build step that says the Engine is away", () => {
        expect(buildFailure(failed(`#5 0.1 ${AWAY}\n------\n0.1 ${AWAY}\n------\nERROR: failed to solve: exit code: 1`)).code).toBe("BUILD_FAILED");
        expect(buildFailure(failed(`ERROR: ${AWAY}`)).code).toBe("DOCKER_UNAVAILABLE");
    });

    it("recognises a full disk", () => {
        expect(buildFailure(failed(stderr, "#5 3.1 write /x: no space left on device\n")).code).toBe("DISK_FULL");
    });
});

describe("what Docker says about a pull", () => {
    it.each([
        ['Error response from daemon: Get "http://127.0.0.1:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused', true],
        ["Error response from daemon: toomanyrequests: You have reached your pull rate limit.", true],
        ['Error response from daemon: Head "https://registry.test/v2/x/manifests/1": unauthorized: authentication required', false],
        ["Error response from daemon: pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", false],
        ["Error response from daemon: manifest for nginx:9.9 not found: manifest unknown: manifest unknown", false],
    ])("%s", (words, isRetryable) => {
        expect(pullFailure(failed(` web Pulling \n ${words}\n`))).toMatchObject({ code: "PULL_FAILED", isRetryable });
    });

    it("is told with the image that was asked for, which an Engine that does not reach the registry leaves out", () => {
        const offline = failed('Error response from daemon: Get "https://registry.test/v2/": dial tcp: lookup registry.test: no such host\n');
        expect(pullFailure(offline, "node:22").message).toMatch(/^The image node:22 could not be pulled: Get "https:\/\/registry\.test/);
        expect(pullFailure(offline).message).toMatch(/^An image could not be pulled: Get/);
    });
});

describe("what Compose says about up", () => {
    it("keeps the reason and leaves out the progress", () => {
        const stderr = " Network gdx_default  Creating\n Network gdx_default  Created\n Container gdx-web-1  Creating\nError response from daemon: Ports are not available: port is already allocated\n";
        expect(upFailure(failed(stderr), "/s/gdx")).toMatchObject({ code: "UP_FAILED", message: "The stack could not be started: Ports are not available: port is already allocated" });
    });

    it.each([
        "failed to create network gdx_default: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
        "failed to create network gdx_default: Error response from daemon: all predefined address pools have been fully subnetted",
    ])("says what to do when there is no room for another network: %s", (words) => {
        const error = upFailure(failed(` Network gdx_default  Creating\n Network gdx_default  Error\n${words}\n`), "/s/gdx");
        expect(error.code).toBe("NETWORKS_EXHAUSTED");
        expect(error.message).toMatch(/docker network prune.*default-address-pools/);
    });

    it("tells a wrong model from a failed start", () => {
        expect(upFailure(failed('service "web" depends on undefined service "nope": invalid compose project', "", 15), "/s/gdx").code).toBe("COMPOSE_INVALID");
        expect(upFailure(failed(AWAY), "/s/gdx").code).toBe("DOCKER_UNAVAILABLE");
    });
});
