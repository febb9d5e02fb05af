import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import type { Push } from "../../../backend/domain/push/push.ts";
import { payloadText } from "../../../backend/webhook/payload.ts";
import type { WebhookHeaders } from "../../../backend/webhook/provider.ts";
import { PROVIDERS } from "../../../backend/webhook/providers/index.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

const commit = (...modified: string[]) => ({ id: B, message: "Change", author: { name: "Ann" }, added: [], modified, removed: [] });
const github = (payload: object) => PROVIDERS.github.parse({ "x-github-event": "push" }, JSON.stringify(payload))[0] as Push;
const gitea = (payload: object) => PROVIDERS.gitea.parse({ "x-gitea-event": "push" }, JSON.stringify(payload))[0];
const gitlab = (payload: object) => PROVIDERS.gitlab.parse({}, JSON.stringify({ object_kind: "push", ...payload }))[0] as Push;
const push = { ref: "refs/heads/main", before: A, after: B, commits: [commit("docs/a.md")] };

describe("the list of changed files", () => {
    it("is the union of all commits, sorted", () => {
        const commits = [commit("b", "a"), { ...commit("a"), added: ["c"], removed: ["d"] }];
        expect(github({ ...push, commits }).changedFiles).toEqual(["a", "b", "c", "d"]);
    });

    it.each([
        ["a new branch", { ...push, before: "0".repeat(40) }],
        ["a forced push", { ...push, forced: true }],
        ["a tag", { ...push, ref: "refs/tags/v1" }],
        ["a reset, which lists no commits", { ...push, commits: [] }],
        ["commits without lists", { ...push, commits: [{ id: B }] }],
        ["as many commits as GitHub lists", { ...push, commits: Array.from({ length: 2048 }, () => commit("a")) }],
        ["as many files as GitHub lists", { ...push, commits: [commit(...Array.from({ length: 3000 }, (_, index) => `f${index}`))] }],
    ])("is unknown for %s", (_, payload) => {
        expect(github(payload).changedFiles).toBeNull();
    });

    it("is unknown when GitLab counts more commits than it lists", () => {
        expect(gitlab({ ...push, total_commits_count: 1 }).changedFiles).toEqual(["docs/a.md"]);
        expect(gitlab({ ...push, total_commits_count: 21 }).changedFiles).toBeNull();
    });

    it("is unknown for five commits of an older Gitea, which does not count them", () => {
        const commits = Array.from({ length: 5 }, () => commit("a"));
        expect(gitea({ ...push, commits })).toMatchObject({ changedFiles: null });
        expect(gitea({ ...push, commits, total_commits: 5 })).toMatchObject({ changedFiles: ["a"] });
        expect(gitea({ ...push, commits, total_commits: 6 })).toMatchObject({ changedFiles: null });
    });
});

describe("what a push points to", () => {
    it("is the commit of an annotated tag, where the payload tells", () => {
        const tag = { ref: "refs/tags/v1", before: "0".repeat(40), after: A };
        expect(github({ ...tag, head_commit: { id: B, message: "m" } }).after).toBe(B);
        expect(gitlab({ ...tag, object_kind: "tag_push", checkout_sha: B }).after).toBe(B);
        const dc = { changes: [{ ref: { id: "refs/tags/v1" }, type: "ADD", fromHash: "0".repeat(40), toHash: A }], toCommit: { id: B, message: "m" } };
        expect(PROVIDERS.bitbucket_dc.parse({ "x-event-key": "repo:refs_changed" }, JSON.stringify(dc))).toMatchObject([{ after: B, headCommit: { id: B } }]);
    });

    it("is a SHA-256 commit just as well", () => {
        expect(github({ ...push, before: "0".repeat(64), after: "c".repeat(64) })).toMatchObject({ after: "c".repeat(64), isCreated: true });
    });

    it("may be nothing for a generic sender: the head of the branch that is followed", () => {
        for (const body of ["", "{}"]) {
            expect(PROVIDERS.generic.parse({}, body)).toMatchObject([{ kind: "push", name: "", after: null, isDeleted: false }]);
        }
        expect(PROVIDERS.generic.parse({}, JSON.stringify({ ref: "main" }))).toMatchObject([{ ref: "refs/heads/main", name: "main" }]);
        expect(PROVIDERS.generic.parse({}, JSON.stringify({ ref: "refs/tags/v1" }))).toMatchObject([{ refType: "tag", name: "v1" }]);
    });
});

describe("special deliveries", () => {
    it.each(["gitea", "forgejo", "gogs"] as const)("a push of %s from a commit to itself is its test", (provider) => {
        expect(PROVIDERS[provider].parse({ [`x-${provider}-event`]: "push" }, JSON.stringify({ ...push, before: B }))).toMatchObject([{ kind: "test" }]);
    });

    it("Bitbucket's changes are one push each, also when there is none", () => {
        const change = (name: string) => ({ old: null, new: { name, type: "branch", target: { hash: A } } });
        const read = (changes: unknown[]) => PROVIDERS.bitbucket.parse({ "x-event-key": "repo:push" }, JSON.stringify({ push: { changes } }));
        expect(read([change("main"), change("dev"), { old: null, new: null }])).toMatchObject([{ name: "main" }, { name: "dev" }]);
        expect(read([])).toEqual([]);
    });

    it("GitLab's push option asks for no run", () => {
        expect(gitlab(push).isSkipRequested).toBe(false);
        expect(gitlab({ ...push, push_options: { ci: { skip: true } } }).isSkipRequested).toBe(true);
    });

    it("a Forgejo hook sends full refs in create and delete", () => {
        expect(PROVIDERS.forgejo.parse({ "x-forgejo-event": "create" }, JSON.stringify({ ref: "refs/tags/v1", ref_type: "tag" }))).toMatchObject([{ kind: "ref_created", ref: "v1", refType: "tag" }]);
    });

    it("a pull request of a deleted fork counts as one of a fork", () => {
        const pull = { action: "opened", number: 1, pull_request: { head: { ref: "x", sha: A, repo: null }, base: { ref: "main", sha: B, repo: { id: 1 } } } };
        expect(PROVIDERS.github.parse({ "x-github-event": "pull_request" }, JSON.stringify(pull))).toMatchObject([{ isFork: true }]);
    });
});

describe("a body that cannot be read", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };

    it.each<[string, WebhookHeaders, Buffer]>([
        ["no JSON", {}, Buffer.from("hello")],
        ["a list", {}, Buffer.from("[]")],
        ["cut off", {}, Buffer.from('{"ref":"refs/heads/ma')],
        ["no UTF-8", {}, Buffer.from([0x7b, 0xff, 0x7d])],
        ["a form without payload", form, Buffer.from("a=b")],
        ["a form with an empty payload", form, Buffer.from("payload=")],
        ["no ref", {}, Buffer.from("{}")],
        ["an option as a branch", {}, Buffer.from(JSON.stringify({ ...push, ref: "refs/heads/--upload-pack=x" }))],
        ["a path as a branch", {}, Buffer.from(JSON.stringify({ ...push, ref: "refs/heads/../../x" }))],
        ["a commit that is none", {}, Buffer.from(JSON.stringify({ ...push, after: "HEAD" }))],
    ])("%s is refused with PAYLOAD_INVALID", (_, headers, body) => {
        const read = () => PROVIDERS.github.parse({ ...headers, "x-github-event": "push" }, payloadText(headers, body));
        expect(read).toThrow(DeployError);
        expect(read).toThrow(expect.objectContaining({ code: "PAYLOAD_INVALID" }));
    });

    it("whatever the JSON is, a provider answers events or PAYLOAD_INVALID", () => {
        const key = fc.constantFrom("ref", "before", "after", "commits", "repository", "pull_request", "push", "changes", "new", "old", "target", "hash", "object_kind", "object_attributes", "project", "number", "head", "base", "labels", "toCommit", "ref_type", "__proto__");
        const value = fc.letrec((tie) => ({
            node: fc.oneof({ maxDepth: 4 }, fc.constantFrom("push", "merge_request", "refs/heads/main", "main", A, "tag", null, 1, true), tie("list"), tie("object")),
            list: fc.array(tie("node"), { maxLength: 3 }),
            object: fc.dictionary(key, tie("node"), { maxKeys: 6 }),
        })).object;
        const events = ["push", "pull_request", "create", "delete", "repo:push", "repo:refs_changed", "pullrequest:created", "pr:opened"];
        fc.assert(
            fc.property(value, fc.constantFrom(...events), (payload, event) => {
                const headers = Object.fromEntries(["x-github-event", "x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-event-key"].map((name) => [name, event]));
                for (const provider of Object.values(PROVIDERS)) {
                    try {
                        expect(Array.isArray(provider.parse(headers, JSON.stringify(payload)))).toBe(true);
                    } catch (error) {
                        expect(error).toMatchObject({ code: "PAYLOAD_INVALID" });
                    }
                }
            }),
            { numRuns: 500 },
        );
    });
});
