import { computed, reactive, ref, watch } from "vue";
import { isSshUrl, recognizeProvider } from "../../../common/provider-links.ts";
import { repositoryInput, type AuthType, type Provider, type RepositoryInput, type RepositoryTestInput } from "../../../common/schemas.ts";
import type { RepositorySecret, RepositoryView } from "../../../common/views.ts";
import { ServerError } from "../server/server-error.ts";

export interface RepositoryDraft {
    url: string;
    provider: Provider;
    authType: AuthType;
    username: string;
    token: string;
    isKeyPasted: boolean;
    privateKey: string;
    passphrase: string;
    sshKeyType: "ed25519" | "rsa2048" | "rsa4096";
    branch: string;
}

function draftOf(repository: RepositoryView | null): RepositoryDraft {
    return {
        url: repository?.url ?? "",
        provider: repository?.provider ?? "generic",
        authType: repository?.authType ?? "none",
        username: repository?.credentials.username ?? "",
        token: "",
        isKeyPasted: false,
        privateKey: "",
        passphrase: "",
        sshKeyType: "ed25519",
        branch: repository?.branch ?? "",
    };
}

/** What a person fills in to link a repository. Provider and kind of log-in follow the URL until the person chooses otherwise. */
export function useRepositoryForm(repository: () => RepositoryView | null) {
    const draft = reactive(draftOf(repository()));
    const isProviderChosen = ref(repository() !== null);
    const isAuthChosen = ref(repository() !== null);

    watch(
        () => draft.url,
        (url) => {
            if (!isProviderChosen.value) {
                draft.provider = recognizeProvider(url);
            }
            if (isSshUrl(url)) {
                draft.authType = "ssh_key";
            } else if (draft.authType === "ssh_key" || !isAuthChosen.value) {
                draft.authType = "none";
            }
        },
    );

    /** Stored credentials belong to the stored URL: with another one they are gone, and the server forgets them, too. */
    const isUrlChanged = computed(() => repository() !== null && draft.url.trim() !== repository()?.url);
    const isUnreadable = (secret: RepositorySecret) => repository()?.unreadableSecrets.includes(secret) === true;
    const hasStoredToken = computed(() => !isUrlChanged.value && repository()?.credentials.hasToken === true && !isUnreadable("token"));
    const hasStoredKey = computed(() => !isUrlChanged.value && repository()?.credentials.hasPrivateKey === true && !isUnreadable("privateKey"));

    function credentials(): RepositoryInput["credentials"] {
        if (draft.authType === "http_token") {
            const username = draft.username.trim();
            return { ...(username !== "" || repository()?.credentials.username ? { username: username === "" ? null : username } : {}), ...(draft.token === "" ? {} : { token: draft.token }) };
        }
        if (draft.authType === "ssh_key" && draft.isKeyPasted && draft.privateKey.trim() !== "") {
            return { privateKey: draft.privateKey.endsWith("\n") ? draft.privateKey : `${draft.privateKey}\n`, ...(draft.passphrase === "" ? {} : { passphrase: draft.passphrase }) };
        }
        return undefined;
    }

    function testInput(confirmHostKey?: string): RepositoryTestInput {
        const secret = credentials();
        return {
            url: draft.url.trim(),
            provider: draft.provider,
            authType: draft.authType,
            ...(draft.branch.trim() === "" ? {} : { branch: draft.branch.trim() }),
            ...(secret === undefined || Object.keys(secret).length === 0 ? {} : { credentials: secret }),
            ...(confirmHostKey === undefined ? {} : { confirmHostKey }),
        };
    }

    /** @throws ServerError INPUT_INVALID, naming the field, before anything is sent */
    function saveInput(): RepositoryInput {
        const isKeyOurs = draft.authType === "ssh_key" && !draft.isKeyPasted;
        const input: RepositoryInput = {
            ...testInput(),
            ...(isKeyOurs ? { sshKeyType: draft.sshKeyType } : {}),
            // Left out, the one that nobody can read would be kept.
            ...(isKeyOurs && !isUrlChanged.value && isUnreadable("privateKey") ? { credentials: { privateKey: null } } : {}),
        };
        const checked = repositoryInput.safeParse(input);
        if (!checked.success) {
            const [issue] = checked.error.issues;
            throw new ServerError("INPUT_INVALID", issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`);
        }
        return input;
    }

    return {
        draft,
        isChanged: computed(() => JSON.stringify(draft) !== JSON.stringify(draftOf(repository()))),
        hasStoredToken,
        hasStoredKey,
        isUrlChanged,
        /** A generated key exists only once it is saved: there is nothing to test with before. */
        mustSaveBeforeTest: computed(() => draft.authType === "ssh_key" && !hasStoredKey.value && !(draft.isKeyPasted && draft.privateKey.trim() !== "")),
        chooseProvider: (provider: Provider) => {
            draft.provider = provider;
            isProviderChosen.value = true;
        },
        chooseAuth: (authType: AuthType) => {
            draft.authType = authType;
            isAuthChosen.value = true;
        },
        testInput,
        saveInput,
        reset: () => Object.assign(draft, draftOf(repository())),
    };
}

export type RepositoryForm = ReturnType<typeof useRepositoryForm>;
