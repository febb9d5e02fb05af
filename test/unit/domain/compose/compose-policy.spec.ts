import { describe, expect, it } from "vitest";
import { inspectCompose } from "../../../../backend/domain/compose/compose-policy.ts";

const service = (content: object, folder = ".") => inspectCompose({ services: { web: content } }, folder);

describe("inspectCompose", () => {
    it.each<[string, object, string]>([
        ["privileged", { privileged: true }, "privileged"],
        ["the host's network", { network_mode: "host" }, "namespace"],
        ["the host's processes", { pid: "host" }, "namespace"],
        ["the Docker socket", { volumes: ["/var/run/docker.sock:/var/run/docker.sock"] }, "Docker socket"],
        ["an absolute mount", { volumes: ["/etc:/etc:ro"] }, "mounts /etc"],
        ["an absolute mount in long form", { volumes: [{ type: "bind", source: "/etc", target: "/x" }] }, "mounts /etc"],
        ["a mount beside the stack", { volumes: ["../other:/x"] }, "outside the stack folder"],
        ["a mount by a variable", { volumes: ["${DIR}:/x"] }, "variable"],
        ["a capability", { cap_add: ["CAP_SYS_ADMIN"] }, "SYS_ADMIN"],
        ["a device", { devices: ["/dev/kvm"] }, "devices"],
        ["a protection switched off", { security_opt: ["seccomp:unconfined"] }, "protection"],
        ["an env_file of the host", { env_file: "/etc/app.env" }, "reads /etc/app.env"],
    ])("finds %s", (_name, content, message) => {
        const { findings } = service(content);
        expect(findings).toHaveLength(1);
        expect(findings[0]).toMatchObject({ kind: "finding", message: expect.stringContaining(message) });
    });

    it.each<[string, object]>([
        ["a build context", { build: "../.." }],
        ["an absolute build context", { build: { context: "/etc" } }],
        ["a Dockerfile", { build: { context: ".", dockerfile: "../../Dockerfile" } }],
        ["an additional context", { build: { context: ".", additional_contexts: { x: "../../x" } } }],
                ["keys", { build: { context: ".", ssh: ["default=../key"] } }],
        ["a cache", { build: { context: ".", cache_to: ["type=local,dest=../../cache"] } }],
        ["an additional context in a list", { build: { context: ".", additional_contexts: ["x=/etc"] } }],
        ["an additional context that only looks like a stage", { build: { context: ".", additional_contexts: { x: "target:x/../../x" } } }],
        ["an image in a folder", { build: { context: ".", additional_contexts: { x: "oci-layout://../image" } } }],
        ["an env_file", { env_file: ["../../secret.env"] }],
        ["an env_file in long form", { env_file: [{ path: "../../secret.env" }] }],
        ["R11: a program", { provider: { type: "/bin/sh" } }],
        ["an extended file", { extends: { file: "../../base.yaml", service: "x" } }],
    ])("calls %s outside the checkout an escape", (_name, content) => {
        expect(service(content).findings).toEqual([expect.objectContaining({ kind: "escape" })]);
    });

    it("calls includes, configs and secrets outside the checkout an escape", () => {
        for (const content of [{ include: ["../x.yaml"] }, { include: [{ path: ["../x.yaml"] }] }, { configs: { c: { file: "../c" } } }, { secrets: { s: { file: "../s" } } }]) {
            expect(inspectCompose(content, ".").findings).toEqual([expect.objectContaining({ kind: "escape" })]);
        }
    });

    it("measures from the file's own folder and names what is read next", () => {
        expect(service({ env_file: "../.env", build: ".." }, "deploy").findings).toEqual([]);
        expect(inspectCompose({ include: ["a.yaml"], services: { x: { extends: { file: "../b.yaml" } } } }, "deploy").references).toEqual([{ path: "deploy/a.yaml", folder: "deploy" }, { path: "b.yaml", folder: "." }]);
    });

    it("measures an included file from where Compose does: from its project_directory, or from the first of several files", () => {
        const foldersOf = (item: unknown, folder = ".") => inspectCompose({ include: [item] }, folder).references.map((reference) => reference.folder);
        expect(foldersOf("a/b.yaml")).toEqual(["a"]);
        expect(foldersOf({ path: ["first.yaml", "a/b/c.yaml"] }, "deploy")).toEqual(["deploy", "deploy"]);
        expect(foldersOf({ path: "a/b/c.yaml", project_directory: "." })).toEqual(["."]);
        expect(foldersOf({ path: "a/b/c.yaml", project_directory: "/srv" })).toEqual(["/srv"]);
    });

    it("takes a Dockerfile without a context for one of the same folder", () => {
        for (const dockerfile of ["../Dockerfile", "/etc/passwd"]) {
            expect(service({ build: { dockerfile } }).findings).toContainEqual(expect.objectContaining({ kind: "escape", at: "services.web.build.dockerfile" }));
        }
    });

    it("measures from the root what no rendering rewrites", () => {
        for (const build of [{ dockerfile: "../x" }, { context: ".", ssh: { default: "../x" } }, { context: ".", additional_contexts: ["x=oci-layout://../x"] }]) {
            expect(service({ build }, "a/b").findings).toMatchObject([{ kind: "escape" }]);
        }
        expect(service({ build: { context: ".", dockerfile: "../x" } }, "a/b").findings).toEqual([]);
    });

    it("follows relative paths into a folder of the host", () => {
        const read = service({ env_file: "git-deploy/e.env" }, "/srv");
        expect(read.hostFiles).toEqual([{ at: "services.web.env_file", path: "/srv/git-deploy/e.env" }]);
        expect(service({ env_file: "link/../e.env" }, "~").hostFiles).toMatchObject([{ path: "~/link/../e.env" }]);
        expect(service({ build: "." }, "/srv").findings).toMatchObject([{ kind: "escape" }]);
        expect(service({ image: "nginx" }, "/srv").findings).toEqual([]);
        expect(service({ env_file: "../../e.env" }, "${DIR}").findings).toMatchObject([{ kind: "finding", message: expect.stringContaining("variable") }]);
    });

    it("goes on in a folder of the checkout that is called like the home folder", () => {
        expect(inspectCompose({ include: ["./~/a.yaml"] }, ".").references).toEqual([{ path: "./~/a.yaml", folder: "./~" }]);
        expect(service({ env_file: "../../x.env" }, "./~").findings).toMatchObject([{ kind: "escape" }]);
    });

    it("sees files of the host behind keys and caches of a build", () => {
        const build = { context: ".", ssh: ["default=/srv/key"], cache_from: ["type=local,src=/srv/from"], cache_to: ['type=local,"dest=/srv/to"', "type=inline"] };
        expect(service({ build }, "a/b").hostFiles.map(({ path }) => path)).toEqual(["/srv/key", "/srv/from", "/srv/to"]);
    });

    it("lets a build begin at another service, a stage or an image", () => {
        const contexts = { a: "service:base", b: "target:stage", c: "docker-image://alpine:3", d: "https://example.com/r.git" };
        expect(service({ build: { context: ".", additional_contexts: contexts } }).findings).toEqual([]);
    });

    it("finds nothing in an ordinary stack", () => {
        expect(service({ image: "nginx", volumes: ["data:/data", "./html:/html", "/anonymous"], ports: ["80:80"], build: { context: "https://example.com/r.git" } }).findings).toEqual([]);
    });

    it("takes any content without throwing", () => {
        for (const content of [null, 3, [], { services: [] }, { services: { a: null, b: { volumes: 3, build: [], env_file: {} } }, include: { x: 1 } }]) {
            expect(() => inspectCompose(content, ".")).not.toThrow();
        }
    });
});
