import { beforeEach, describe, expect, it } from "vitest";
import type { RepositoryInput } from "../../../../common/schemas.ts";
import { DeployError } from "../../../../backend/domain/errors.ts";
import { withManagedBlock, withoutManagedBlock } from "../../../../backend/domain/compose/env-file.ts";
import { aDeployment } from "../../../fixtures/rows.ts";
import { FINGERPRINT, HEAD, PERSON, ServiceWorld, START } from "../../../fixtures/service-world.ts";

let world: ServiceWorld;
const save = async (input: RepositoryInput, stack = "blog") => await world.services.repositories.save(stack, input, PERSON);

beforeEach(() => {
    world = new ServiceWorld();
});

describe("linking", () => {
    it("fills in what was not given and shows the webhook secret this once", async () => {
        world.refs = { ...world.refs, defaultBranch: "trunk" };
        const saved = await save({ url: "https://github.com/ann/blog.git" });
        expect(saved).toMatchObject({ branch: "trunk", provider: "github", authType: "none", autoSync: false, webhookSecret: "token-2-of-32-bytes", hasWebhookSecret: true });
        expect(saved.webhookUrl).toBe(`http://localhost:5001/api/webhooks/deploy/${saved.id}`);
        expect(await world.services.repositories.get("blog", PERSON)).not.toHaveProperty("webhookSecret");
        expect(world.config()).toMatchObject({
            buildType: "compose_build", timeout: 1800, healthCheckTimeout: 60, settleTime: 2, rollbackOnFailure: true, keepReleases: 5, maxRetries: 3, autoDeployOnPush: true,
        });
        expect(world.audit).toMatchObject([{ action: "repository.link", stackId: "blog", actor: PERSON.actor }]);
    });

    it("takes the webhook URL's base from the caller's own view of us", async () => {
        const saved = await world.services.repositories.save("blog", { url: "https://git.example/x/y" }, { ...PERSON, origin: "https://deploy.example" });
        expect(saved.webhookUrl).toBe(`https://deploy.example/api/webhooks/deploy/${saved.id}`);
    });

    it("works while the remote cannot be reached", async () => {
        world.remoteError = new DeployError("GIT_UNREACHABLE", "Nobody answers.");
        expect(await save({ url: "https://git.example/x/y.git" })).toMatchObject({ branch: "main" });
    });

    it("makes the stack that is not there", async () => {
        await save({ url: "https://git.example/x/y.git" }, "new-stack");
        expect(world.stackNames).toContain("new-stack");
    });

    it("generates a deploy key, does not ask the remote that cannot know it yet, and keeps it on later saves", async () => {
        const first = await save({ url: "git@git.example:x/y.git" });
        expect(first).toMatchObject({ authType: "ssh_key", publicKeyFingerprint: FINGERPRINT });
        expect(first.publicKey).toMatch(/^ssh-ed25519 /);
        expect(world.asked).toEqual([]);
        const second = await save({ branch: "next", authType: "ssh_key", sshKeyType: "ed25519" });
        expect(second.publicKey).toBe(first.publicKey);
        const third = await save({ credentials: { privateKey: null } });
        expect(third.publicKey).not.toBe(first.publicKey);
    });

    it.each<[string, RepositoryInput, string]>([
        ["a pasted key that is none", { url: "git@git.example:x/y.git", credentials: { privateKey: "nonsense" } }, "SSH_KEY_INVALID"],
        ["a wrong passphrase", { url: "git@git.example:x/y.git", credentials: { privateKey: "locked private", passphrase: "x" } }, "SSH_PASSPHRASE_WRONG"],
        ["an SSH URL with a token", { url: "git@git.example:x/y.git", authType: "http_token", credentials: { token: "t" } }, "INPUT_INVALID"],
        ["an https URL with a key", { url: "https://git.example/x/y.git", authType: "ssh_key" }, "INPUT_INVALID"],
        ["http_token without a token", { url: "https://git.example/x/y.git", authType: "http_token" }, "INPUT_INVALID"],
        ["no URL", { branch: "main" }, "INPUT_INVALID"],
        ["plain http to a host that is not named", { url: "http://git.example/x/y.git" }, "GIT_URL_INVALID"],
        ["a pattern that is no cron", { url: "https://git.example/x/y.git", syncCron: "now and then" }, "INPUT_INVALID"],
        ["a host key for https", { url: "https://git.example/x/y.git", confirmHostKey: FINGERPRINT }, "INPUT_INVALID"],
    ])("refuses %s and stores nothing", async (_what, input, code) => {
        await expect(save(input, "other")).rejects.toMatchObject({ code });
        expect(world.repositories).toEqual([]);
        expect(world.stackNames).not.toContain("other");
    });

    it("pins the host key that a person confirmed", async () => {
        await save({ url: "ssh://git@git.example:2222/x/y.git", confirmHostKey: FINGERPRINT });
        expect(world.confirmed).toEqual([`git.example:2222 ${FINGERPRINT}`]);
    });

    it("two saves at once make one link", async () => {
        const [first, second] = await Promise.all([save({ url: "https://git.example/x/y.git" }), save({ url: "https://git.example/x/y.git" })]);
        expect(first.id).toBe(second.id);
        expect(world.repositories).toHaveLength(1);
    });
});

describe("changing", () => {
    const token = () => world.repository().credentials.token?.reveal() ?? null;

    beforeEach(async () => {
        await world.link();
    });

    it.each(["https://git.example/team/blog", "https://git.example/team/blog.git/", "https://GIT.example/team/blog.git"])("%s is the same place: the token stays", async (url) => {
        await save({ url });
        expect(token()).toBe("the-token");
    });

    it.each(["https://evil.example/team/blog.git", "https://git.example/team/other.git", "https://git.example:8443/team/blog.git"])("%s is another place: the token is cleared", async (url) => {
        const saved = await save({ url });
        expect(token()).toBeNull();
        expect(saved.credentials.hasToken).toBe(false);
    });

    it("new credentials in the same call are kept, and nothing of the old ones", async () => {
        await save({ credentials: { username: "ann" } });
        await save({ url: "https://other.example/team/blog.git", credentials: { token: "new" } });
        expect(world.repository().credentials).toMatchObject({ username: null });
        expect(token()).toBe("new");
    });

    it("an absent credential keeps the stored one, a change of authType drops what it does not use", async () => {
        await save({ branch: "next" });
        expect(token()).toBe("the-token");
        await save({ authType: "none" });
        expect(token()).toBeNull();
    });

    it("shows a secret only when this call set it", async () => {
        expect(await save({ branch: "next" })).not.toHaveProperty("webhookSecret");
        expect(await save({ webhookSecret: "chosen by me" })).toMatchObject({ webhookSecret: "chosen by me" });
        expect(world.repository().webhookSecret.reveal()).toBe("chosen by me");
    });

    it("a rotated secret leaves the former one valid for a day", async () => {
        const former = world.repository().webhookSecret.reveal();
        const rotated = await world.services.repositories.rotateSecret("blog", {}, PERSON);
        expect(rotated.webhookSecret).not.toBe(former);
        expect(rotated.previousSecretValidUntil).toBe(new Date(START + 86_400_000).toISOString());
        expect(world.repository().previousWebhookSecret?.reveal()).toBe(former);
        world.now += 86_400_001;
        expect(await world.services.repositories.get("blog", PERSON)).toMatchObject({ previousSecretValidUntil: null });
    });

    it("puts no secret into the audit log or a view", async () => {
        await save({ credentials: { token: "another-token" }, webhookSecret: "chosen by me" });
        const seen = JSON.stringify([world.audit, await world.services.repositories.get("blog", PERSON), [...(await world.stackGit.fields(["blog"]))]]);
        expect(seen).not.toMatch(/another-token|the-token|chosen by me/);
    });
});

describe("testing the connection", () => {
    it("tells branches, tags, head and a guess of how to build", async () => {
        await world.link();
        expect(await world.services.repositories.test("blog", {}, PERSON)).toMatchObject({
            branches: ["main", "next"], tags: ["v1.0"], defaultBranch: "main", headCommit: HEAD,
            suggestion: { buildType: "compose_build", composePath: "compose.yaml", dockerfiles: ["Dockerfile"] },
        });
        expect(world.asked[0]?.credentials.token?.reveal()).toBe("the-token");
        expect(world.removedMirrors).toEqual([]);
    });

    it.each(["https://evil.example/team/blog.git", "https://git.example/team/other.git"])("never sends the stored token to %s", async (url) => {
        await world.link();
        await world.services.repositories.test("blog", { url, authType: "http_token" }, PERSON);
        expect(world.asked.map((remote) => remote.credentials.token)).toEqual(world.asked.map(() => null));
        expect(world.asked.length).toBeGreaterThan(0);
        expect(world.removedMirrors).toEqual([world.asked[0]?.id]);
    });

    it("tries values that are not saved", async () => {
        await world.services.repositories.test("blog", { url: "https://git.example/x/y.git", credentials: { token: "trial" } }, PERSON);
        expect(world.asked[0]?.credentials.token?.reveal()).toBe("trial");
        expect(world.repositories).toEqual([]);
    });

    it("shows the fingerprints of a host that nobody has confirmed", async () => {
        world.remoteError = new DeployError("GIT_HOST_KEY_UNKNOWN", "Who is this?");
        await expect(world.services.repositories.test("blog", { url: "git@git.example:x/y.git", credentials: { privateKey: "private" } }, PERSON)).rejects.toMatchObject({
            code: "GIT_HOST_KEY_UNKNOWN", details: { host: "git.example", port: 22, keys: [{ type: "ssh-ed25519", fingerprint: FINGERPRINT }] },
        });
    });

    it.each([
        [{ url: "https://git.example/x/y.git", branch: "nowhere" }, "GIT_REF_MISSING"],
        [{}, "REPOSITORY_NOT_LINKED"],
        [{ url: "git@git.example:x/y.git" }, "INPUT_INVALID"],
    ])("%o fails with %s", async (input, code) => {
        await expect(world.services.repositories.test("blog", input, PERSON)).rejects.toMatchObject({ code });
    });

    it("an empty repository is said to be empty", async () => {
        world.refs = { defaultBranch: null, branches: {}, tags: {} };
        await expect(world.services.repositories.test("blog", { url: "https://git.example/x/y.git" }, PERSON)).rejects.toMatchObject({ code: "GIT_REPOSITORY_EMPTY" });
    });
});

describe("unlinking", () => {
    it("cancels what waits and deletes the mirror", async () => {
        const { id } = await world.link();
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "pending" }));
        await world.services.repositories.remove("blog", PERSON);
        expect(world.deployments[0]?.status).toBe("cancelled");
        expect(world.repositories).toEqual([]);
        expect(world.removedMirrors).toEqual([id]);
        expect(world.dropped).toEqual(["blog"]);
        // The poller looks again after the link and after its end.
        expect(world.changed).toEqual([id, id]);
    });

    it("leaves the variables of the build settings to the stack, as lines that are its own", async () => {
        await world.link();
        world.stackFiles[".env"] = withManagedBlock("OWN=1\n", [{ name: "TOKEN", value: "x" }]) ?? "";
        await world.services.repositories.remove("blog", PERSON);
        expect(withoutManagedBlock(world.stackFiles[".env"])).toBe("OWN=1\n\nTOKEN='x'\n");
    });

    it("is refused during a release", async () => {
        await world.link();
        world.deployments.push(aDeployment({ id: "d1", commitSha: HEAD, status: "deploying" }));
        await expect(world.services.repositories.remove("blog", PERSON)).rejects.toMatchObject({ code: "STACK_BUSY", details: { deploymentId: "d1" } });
        expect(world.repositories).toHaveLength(1);
    });

    it.each([
        ["blog", "REPOSITORY_NOT_LINKED"],
        ["nowhere", "STACK_NOT_FOUND"],
    ])("of %s, which has no link, is %s", async (stack, code) => {
        await expect(world.services.repositories.remove(stack, PERSON)).rejects.toMatchObject({ code });
    });
});
