import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import ConnectionTest from "../../frontend/src/components/git/ConnectionTest.vue";
import RepositoryForm from "../../frontend/src/components/git/RepositoryForm.vue";
import { ServerError } from "../../frontend/src/server/server-error.ts";
import type { RepositoryView } from "../../common/views.ts";
import { repositoryRow, surroundings } from "./fixtures/test-server.ts";

const FOUND = {
    branches: ["develop", "trunk"],
    tags: [],
    defaultBranch: "trunk",
    headCommit: "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b",
    suggestion: { buildType: "compose_only" as const, composePath: "deploy/compose.yaml", dockerfilePath: null, script: null, composeFiles: ["deploy/compose.yaml"], dockerfiles: [] },
};

function open(repository: RepositoryView | null = null, test = vi.fn().mockResolvedValue(FOUND), save = vi.fn().mockResolvedValue(repositoryRow())) {
    const form = mount(RepositoryForm, { props: { repository, test, save }, global: surroundings() });
    const field = (name: string) => form.get<HTMLInputElement>(`[data-testid=${name}]`);
    return { form, field, test, save };
}

describe("RepositoryForm", () => {
    it("recognises provider and kind of log-in by the URL, until the person chooses", async () => {
        const { field } = open();
        await field("git-url").setValue("git@gitlab.com:group/app.git");
        expect([field("git-provider").element.value, field("auth-type").element.value]).toEqual(["gitlab", "ssh_key"]);
        await field("git-url").setValue("https://codeberg.org/me/app.git");
        expect([field("git-provider").element.value, field("auth-type").element.value]).toEqual(["forgejo", "none"]);
        await field("git-provider").setValue("gitea");
        await field("git-url").setValue("https://github.com/me/app.git");
        expect(field("git-provider").element.value).toBe("gitea");
    });

    it("takes branch and way to build from a test, and saves them", async () => {
        const { form, field, test, save } = open();
        await field("git-url").setValue("https://github.com/me/app.git");
        await field("test-connection").trigger("click");
        await flushPromises();
        expect(test).toHaveBeenCalledWith({ url: "https://github.com/me/app.git", provider: "github", authType: "none" });
        expect(field("git-branch").element.value).toBe("trunk");
        await form.trigger("submit");
        await flushPromises();
        expect(save).toHaveBeenCalledWith({ url: "https://github.com/me/app.git", provider: "github", authType: "none", branch: "trunk" }, { buildType: "compose_only", composePath: "deploy/compose.yaml", dockerfilePath: null, script: null });
        expect(form.emitted("saved")).toHaveLength(1);
    });

    it("says beside the test what has to be done first, such as another name", async () => {
        const { form, field } = open();
        const isOff = () => ["test-connection", "save-repository"].map((button) => form.get<HTMLButtonElement>(`[data-testid=${button}]`).element.disabled);
        await field("git-url").setValue("https://github.com/me/app.git");
        expect(isOff()).toEqual([false, false]);
        await form.setProps({ blockedBecause: "A stack named blog exists already." });
        expect(isOff()).toEqual([true, true]);
        expect(form.text()).toContain("A stack named blog exists already.");
    });

    it("shows the exact reason of a failed test", async () => {
        const { form, field } = open(null, vi.fn().mockRejectedValue(new ServerError("GIT_AUTH_FAILED", "The token may not read octo/blog.", { host: "github.com" })));
        await field("git-url").setValue("https://github.com/octo/blog.git");
        await field("test-connection").trigger("click");
        await flushPromises();
        expect(form.get("[data-testid=error-message]").text()).toBe("The token may not read octo/blog.");
        expect(form.get("[data-testid=error-code]").text()).toBe("GIT_AUTH_FAILED");
        expect(form.get("[data-testid=error-alert] details").text()).toContain("github.com");
    });

    it("has an unknown host's fingerprint confirmed before it goes on", async () => {
        const fingerprint = `SHA256:${"A".repeat(43)}`;
        const test = vi.fn().mockRejectedValueOnce(new ServerError("GIT_HOST_KEY_UNKNOWN", "Unknown host.", { host: "git.home.lan", keys: [{ type: "ssh-ed25519", fingerprint }] })).mockResolvedValue(FOUND);
        const { form, field } = open(null, test);
        await field("git-url").setValue("git@git.home.lan:me/app.git");
        expect(field("test-connection").element.disabled).toBe(true);
        await field("key-pasted").setValue();
        await field("private-key").setValue("-----BEGIN OPENSSH PRIVATE KEY-----");
        await field("test-connection").trigger("click");
        await flushPromises();
        expect(form.get("[data-testid=host-fingerprint]").text()).toBe(fingerprint);
        await field("confirm-host-key").trigger("click");
        await flushPromises();
        expect(test.mock.lastCall?.[0]).toMatchObject({ confirmHostKey: fingerprint, credentials: { privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n" } });
        expect(form.find("[data-testid=test-result]").exists()).toBe(true);
    });

    it("leaves the keyboard where it was, also once the question that was answered is gone", async () => {
        const keys = [{ type: "ssh-ed25519", fingerprint: `SHA256:${"A".repeat(43)}` }];
        let answerWith: (error: ServerError) => void = () => undefined;
        const test = vi.fn().mockReturnValueOnce(new Promise((_resolve, reject) => (answerWith = reject))).mockResolvedValue(FOUND);
        const tester = mount(ConnectionTest, { props: { test, input: () => ({ url: "git@git.home.lan:me/app.git" }) as never }, global: surroundings(), attachTo: document.body });
        const button = tester.get<HTMLButtonElement>("[data-testid=test-connection]");
        button.element.focus();
        await button.trigger("click");
        // Browsers take the focus from what is disabled.
        expect([button.element.disabled, button.attributes("aria-disabled")]).toEqual([false, "true"]);
        await button.trigger("click");
        answerWith(new ServerError("GIT_HOST_KEY_UNKNOWN", "Unknown host.", { host: "git.home.lan", keys }));
        await flushPromises();
        expect(test).toHaveBeenCalledTimes(1);
        const answer = tester.get<HTMLButtonElement>("[data-testid=confirm-host-key]");
        answer.element.focus();
        await answer.trigger("click");
        await flushPromises();
        expect(document.activeElement).toBe(button.element);
        tester.unmount();
    });

    it("asks for a new token, and has a new key made, in place of one that cannot be opened", async () => {
        const token = open(repositoryRow({ authType: "http_token", url: "https://git.example/x.git", credentials: { username: null, hasToken: true, hasPrivateKey: false, hasPassphrase: false }, unreadableSecrets: ["token"] }));
        expect(token.field("git-token").element.placeholder).toBe("");
        const key = open(repositoryRow({ authType: "ssh_key", url: "git@git.example:x.git", credentials: { username: null, hasToken: false, hasPrivateKey: true, hasPassphrase: false }, unreadableSecrets: ["privateKey"] }));
        await key.form.trigger("submit");
        await flushPromises();
        expect(key.save.mock.calls[0]?.[0]).toMatchObject({ credentials: { privateKey: null }, sshKeyType: "ed25519" });
    });

    it("keeps a stored token unless a new one is typed, and warns that another URL loses it", async () => {
        const { form, field, save } = open(repositoryRow());
        await form.trigger("submit");
        await flushPromises();
        expect(save.mock.lastCall?.[0]).not.toHaveProperty("credentials");
        await field("git-url").setValue("https://github.com/octo/other.git");
        expect(form.text()).toContain("stored credentials belong to the former address");
    });
});
