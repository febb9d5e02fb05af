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
        expect(inspectCompose({ include: ["a.yaml"], services: { x: { extends: { file: "../b.yaml" } } } }, "deploy").references).toEqual([{ path: "deploy/a.yaml", folder: "deploy", scope: { projectDirectory: "deploy", envFiles: [] } }, { path: "b.yaml", folder: ".", scope: null }]);
    });

    it("measures an included file from where Compose does: from its project_directory, or from the first of several files", () => {
        const foldersOf = (item: unknown, folder = ".") => inspectCompose({ include: [item] }, folder).references.map((reference) => reference.folder);
        expect(foldersOf("a/b.yaml")).toEqual(["a"]);
        expect(foldersOf({ path: ["first.yaml", "a/b/c.yaml"] }, "deploy")).toEqual(["deploy", "deploy"]);
        expect(foldersOf({ path: "a/b/c.yaml", project_directory: "." })).toEqual(["."]);
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

    it("goes on in no folder of the host and in no file that is not of the repository", () => {
        for (const include of [[{ path: "a.yaml", project_directory: "/srv" }], ["/srv/a.yaml"], ["~/a.yaml"], [{ path: ["a.yaml", "oci://example.com/a"] }], ["https://example.com/a.git"], ["bob@example.com:a.git"], ["github.com/a/b"], [""], [{ path: ["a.yaml", ""] }]]) {
            expect(inspectCompose({ include }, ".").findings, JSON.stringify(include)).toContainEqual(expect.objectContaining({ kind: "escape" }));
        }
        for (const file of ["/srv/a.yaml", "~/a.yaml", "git@example.com:a.git"]) {
            expect(service({ extends: { file, service: "x" } }).findings, file).toMatchObject([{ kind: "escape", at: "services.web.extends" }]);
        }
    });

    it("takes no home folder where Compose knows none, and no relative path where it begins elsewhere", () => {
        const include = (entry: object, depth: number) => inspectCompose({ include: [{ path: "a.yaml", ...entry }] }, ".", { depth }).findings;
        expect(include({ env_file: "~/../x.env" }, 0)).toContainEqual(expect.objectContaining({ kind: "escape" }));
        expect(include({ project_directory: "~/../x" }, 0)).toContainEqual(expect.objectContaining({ kind: "escape" }));
        for (const entry of [{ env_file: "a.env" }, { env_file: ["/dev/null", "a.env"] }, { project_directory: "a" }]) {
            expect(include(entry, 1).filter(({ kind }) => kind === "escape")).toEqual([]);
            expect(include(entry, 2)).toContainEqual(expect.objectContaining({ kind: "escape", message: expect.stringContaining("elsewhere") }));
        }
    });

    it("goes on in a folder of the checkout that is called like the home folder", () => {
        expect(inspectCompose({ include: ["./~/a.yaml"] }, ".").references).toMatchObject([{ path: "./~/a.yaml", folder: "./~" }]);
        expect(service({ env_file: "../../x.env" }, "./~").findings).toMatchObject([{ kind: "escape" }]);
    });

    it("asks for what variables stand for wherever Compose opens what they name, and for nothing else", () => {
        const content = {
            include: ["${A}", { path: ["${B}"], env_file: ["${C}"], project_directory: "${D}" }],
            configs: { c: { file: "${E}" } },
            secrets: { s: { file: "${F}" } },
            services: {
                a: { env_file: ["${G}", { path: "${H}" }], label_file: "$I", extends: { file: "${J}", service: "x" }, build: "${K}" },
                b: { build: { context: "${L}", dockerfile: "${M}", additional_contexts: ["${N}"], ssh: ["default=${O}"], cache_from: ["type=local,src=${P}"] } },
                c: { build: { additional_contexts: { x: "${Q}" } }, image: "${R}", volumes: ["${S}:/s"], environment: { T: "${T}" } },
            },
        };
        const { undecided, findings } = inspectCompose(content, ".");
        expect(undecided.map((text) => text.replace(/^.*\$\{?(.).*$/, "$1")).sort().join("")).toBe("ABCDEFGHIJKLMNOPQ");
        expect(findings.filter(({ kind }) => kind === "escape").length).toBeGreaterThanOrEqual(undecided.length);
    });

    it("reads what variables stand for as if it were written there, from the root where rendering leaves it", () => {
        const values = new Map([["${FILE}", "../../x"], ["${PAIR}", "own=/etc"], ["${PRICE}", "./a$$b"], ["${NONE}", ""]]);
        const escapes = (content: object, variablesFolder = "a/b") => inspectCompose({ services: { web: content } }, "a/b", { values, variablesFolder }).findings.filter(({ kind }) => kind === "escape").length;
        expect(escapes({ env_file: "${FILE}" })).toBe(0);
        expect(escapes({ env_file: "${FILE}" }, ".")).toBe(1);
        expect(escapes({ build: { context: ".", additional_contexts: ["${PAIR}"] } })).toBe(1);
        expect(escapes({ env_file: "${PRICE}", build: { context: "${NONE}", dockerfile: "../../x" } })).toBe(0);
        expect(escapes({ build: { context: "${NONE}", dockerfile: "../../x" } }, ".")).toBe(1);
        expect(inspectCompose({ include: ["${PRICE}"] }, "a/b", { values }).references).toEqual([{ path: "a/b/a$$b", folder: "a/b", scope: { projectDirectory: "a/b", envFiles: [] } }]);
    });

    it("sees files of the host behind keys and caches of a build", () => {
        const build = { context: ".", ssh: ["default=key,/srv/key"], cache_from: ["type=local,src=a, src=/srv/from"], cache_to: ['type=local,"dest=/srv/to"', "type=inline"] };
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
