import { describe, expect, it } from "vitest";
import { decide, verdictText, type DecisionPolicy } from "../../../../backend/domain/push/decide.ts";
import type { Push } from "../../../../backend/domain/push/push.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

function push(changes: Partial<Push> = {}): Push {
    return {
        kind: "push",
        ref: "refs/heads/main",
        refType: "branch",
        name: "main",
        before: A,
        after: B,
        isCreated: false,
        isDeleted: false,
        isForced: false,
        headCommit: { id: B, message: "Add page", author: "Ann" },
        pusher: "ann",
        changedFiles: ["src/a.ts"],
        isSkipRequested: false,
        repository: { id: 1, fullName: "acme/site", cloneUrlHttp: "https://git.example.com/acme/site.git", cloneUrlSsh: "git@git.example.com:acme/site.git", defaultBranch: "main", private: true },
        ...changes,
    };
}

function policy(config: Partial<DecisionPolicy["config"]> = {}, repository: Partial<DecisionPolicy["repository"]> = {}, trigger: DecisionPolicy["trigger"] = "webhook"): DecisionPolicy {
    return {
        repository: { branch: "main", url: "https://git.example.com/acme/site.git", autoDeployPausedAt: null, ...repository },
        config: { autoDeployOnPush: true, autoDeployBranches: [], autoDeployTags: [], includePaths: [], excludePaths: [], ...config },
        trigger,
    };
}

const code = (...args: Parameters<typeof decide>) => {
    const verdict = decide(...args);
    return verdict.kind === "ignore" ? verdict.code : verdict.kind;
};

const tag: Partial<Push> = { ref: "refs/tags/v1.2", refType: "tag", name: "v1.2", before: null, isCreated: true, changedFiles: null };

describe("decide", () => {
    it("deploys exactly the pushed commit", () => {
        expect(decide(push(), policy())).toEqual({ kind: "deploy", commitSha: B, branch: "main", tag: null, commitMessage: "Add page", commitAuthor: "Ann", beforeSha: A, mustCheckPaths: false });
    });

    it.each<[string, Push, DecisionPolicy, string]>([
        ["another branch", push({ name: "dev" }), policy(), "BRANCH_NOT_MATCHED"],
        ["a branch with the followed one's name in it", push({ name: "main-2" }), policy(), "BRANCH_NOT_MATCHED"],
        ["a branch that a pattern names", push({ name: "release/7" }), policy({ autoDeployBranches: ["release/.*"] }), "deploy"],
        ["the followed branch when only patterns count", push(), policy({ autoDeployBranches: ["release/.*"] }), "BRANCH_NOT_MATCHED"],
        ["a stored pattern that is wrong", push(), policy({ autoDeployBranches: ["("] }), "BRANCH_NOT_MATCHED"],
        ["a tag without tag patterns", push(tag), policy(), "TAG_NOT_MATCHED"],
        ["a tag of the followed branch's name", push({ ...tag, name: "main" }), policy(), "TAG_NOT_MATCHED"],
        ["a tag that a pattern names", push(tag), policy({ autoDeployTags: ["v[0-9.]+"] }), "deploy"],
        ["another tag", push({ ...tag, name: "nightly" }), policy({ autoDeployTags: ["v[0-9.]+"] }), "TAG_NOT_MATCHED"],
        ["a deleted branch", push({ isDeleted: true, after: null }), policy(), "REF_DELETED"],
        ["auto-deploy off", push(), policy({ autoDeployOnPush: false }), "AUTO_DEPLOY_OFF"],
        ["auto-deploy off, found by a poll", push(), policy({ autoDeployOnPush: false }, {}, "scheduled"), "deploy"],
        ["auto-deploy paused", push(), policy({}, { autoDeployPausedAt: 1 }), "AUTO_DEPLOY_PAUSED"],
        ["auto-deploy paused, found by a poll", push(), policy({}, { autoDeployPausedAt: 1 }, "scheduled"), "AUTO_DEPLOY_PAUSED"],
        ["a skip marker", push({ headCommit: { id: B, message: "Typo [skip ci]", author: null } }), policy(), "SKIP_MARKER"],
        ["a push option", push({ isSkipRequested: true }), policy(), "SKIP_MARKER"],
        ["excluded files only", push({ changedFiles: ["docs/a.md"] }), policy({ excludePaths: ["docs/**"] }), "PATHS_UNCHANGED"],
        ["files that are not included", push({ changedFiles: ["docs/a.md"] }), policy({ includePaths: ["src/**"] }), "PATHS_UNCHANGED"],
        ["a tag, whatever its files", push({ ...tag, changedFiles: ["docs/a.md"] }), policy({ autoDeployTags: [".*"], includePaths: ["src/**"] }), "deploy"],
    ])("%s", (_, event, rules, expected) => {
        expect(code(event, rules)).toBe(expected);
    });

    it("leaves the path filter to the diff when the files are not known", () => {
        const filtered = policy({ includePaths: ["src/**"] });
        expect(decide(push({ changedFiles: null }), filtered)).toMatchObject({ kind: "deploy", mustCheckPaths: true });
        expect(decide(push({ changedFiles: null }), policy())).toMatchObject({ kind: "deploy", mustCheckPaths: false });
    });

    it("takes the followed branch when a generic sender names none", () => {
        expect(decide(push({ name: "", ref: "HEAD", after: null, headCommit: null }), policy())).toMatchObject({ kind: "deploy", branch: "main", commitSha: null, commitMessage: null });
    });

    describe("compares the repository", () => {
        const repository = push().repository;
        const names = (changes: Partial<Push["repository"]>) => push({ repository: { ...repository, ...changes } });
        const only = (changes: Partial<Push["repository"]>) => names({ fullName: null, cloneUrlHttp: null, cloneUrlSsh: null, ...changes });

        it.each<[string, Push, string, string]>([
            ["by ssh instead of https", push(), "ssh://git@git.example.com:2222/acme/site.git", "deploy"],
            ["in scp form, without .git, in another case", push(), "git@git.example.com:Acme/Site", "deploy"],
            ["under an internal host name", push(), "https://gitea.lan:3000/acme/site.git", "deploy"],
            ["below a folder of the server", only({ fullName: "acme/site" }), "https://example.com/gitea/acme/site", "deploy"],
            ["of Bitbucket Data Center", only({ fullName: "ACME/site" }), "https://bb.example.com/scm/acme/site.git", "deploy"],
            ["that nobody names", only({}), "https://git.example.com/acme/site.git", "deploy"],
            ["of another owner", names({ fullName: "evil/site", cloneUrlHttp: "https://git.example.com/evil/site.git", cloneUrlSsh: null }), "https://git.example.com/acme/site.git", "OTHER_REPOSITORY"],
            ["whose name only ends alike", only({ fullName: "cme/site" }), "https://git.example.com/acme/site.git", "OTHER_REPOSITORY"],
            ["with a longer name", only({ fullName: "acme/site-2" }), "https://git.example.com/acme/site.git", "OTHER_REPOSITORY"],
        ])("%s", (_, event, url, expected) => {
            expect(code(event, policy({}, { url }))).toBe(expected);
        });
    });

    it("says why in words that are stored with the delivery", () => {
        expect(verdictText({ kind: "deploy" })).toBe("deploy");
        const verdict = decide(push({ name: "dev" }), policy());
        expect(verdictText(verdict)).toBe("ignore: BRANCH_NOT_MATCHED. The push is to dev; this stack follows main.");
    });
});
