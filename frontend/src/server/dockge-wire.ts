import type { SecurityAnswers } from "../../../common/account-wire.ts";
import type { DockerStats, DockgeAgentPushes, FullStack, ServiceStatusList, SimpleStack, StackStatus } from "../../../common/dockge-wire.ts";

/** Dockge's own events, as far as these screens use them. */

export type { StackStatus };
export type StackSummary = SimpleStack;
/** An older server sends no hash; then the last one to save wins, as in Dockge. */
export type Stack = Omit<FullStack, "contentHash" | "notUtf8"> & { contentHash?: string; notUtf8?: string[] };

/** Dockge 1.5.0 sends the state alone. */
export type AnyServiceStatusList = ServiceStatusList | Record<string, string>;

type Save = [name: string, composeYaml: string, composeEnv: string, isAdd: boolean, contentHash?: string | null];
type OfService = { args: [stack: string, service: string]; result: object };
type Named = { args: [name: string]; result: object };

export interface DockgeVerbs {
    requestStackList: { args: []; result: object };
    getStack: { args: [name: string]; result: { stack: Stack } };
    deployStack: { args: Save; result: object };
    saveStack: { args: Save; result: object };
    startStack: Named;
    stopStack: Named;
    restartStack: Named;
    updateStack: Named;
    downStack: Named;
    deleteStack: Named;
    buildStack: { args: [name: string, shouldPull?: boolean]; result: object };
    startService: OfService;
    stopService: OfService;
    restartService: OfService;
    dockerStats: { args: []; result: { dockerStats: DockerStats } };
    getDockerNetworkList: { args: []; result: { dockerNetworkList: string[] } };
    serviceStatusList: { args: [name: string]; result: { serviceStatusList: AnyServiceStatusList } };
    leaveCombinedTerminal: Named;
    terminalJoin: { args: [terminal: string]; result: { buffer: string } };
    interactiveTerminal: { args: [stack: string, service: string, shell: string]; result: object };
    /** Refused where there is no console. */
    checkMainTerminal: { args: []; result: object };
    mainTerminal: { args: [terminal: string]; result: object };
    /** Answered only when it fails. */
    terminalInput: { args: [terminal: string, text: string]; result: object };
    /** Dockge never answers this. */
    terminalResize: { args: [terminal: string, rows: number, columns: number]; result: object };
    /** From here on not Dockge's own. */
    leaveTerminal: { args: [terminal: string]; result: object };
    containerLog: { args: [stack: string, container: string]; result: { terminal: string; buffer: string } };
    openContainerLog: { args: [stack: string, container: string, options: { hasTimestamps: boolean; tail: number | null }]; result: { logId: string } };
    readContainerLog: { args: [logId: string]; result: { text: string; isEnd: boolean } };
    closeContainerLog: { args: [logId: string]; result: object };
}

export type DockgeVerb = keyof DockgeVerbs;

export type DockgePushes = DockgeAgentPushes;

/** Events that go past the agent envelope. */
export interface DirectVerbs {
    setup: { args: [username: string, password: string]; result: object };
    /** `tokenRequired`: the password is right, a code of the second factor is needed as well. */
    login: { args: [{ username: string; password: string; token: string }]; result: { token?: string; tokenRequired?: boolean } };
    /** A token in the answer takes the place of the one that was sent. */
    loginByToken: { args: [token: string]; result: { token?: string } };
    logout: { args: []; result: object };
    changePassword: { args: [{ currentPassword: string; newPassword: string }]; result: { token?: string } };
    composerize: { args: [dockerRunCommand: string]; result: { composeTemplate: string } };
    addAgent: { args: [{ url: string; username: string; password: string; name: string }]; result: object };
    removeAgent: { args: [url: string]; result: object };
    updateAgent: { args: [url: string, name: string]; result: object };
    getSettings: { args: []; result: { data: Record<string, unknown> } };
    setSettings: { args: [settings: Record<string, unknown>, currentPassword: string]; result: object };
    twoFAStatus: { args: []; result: SecurityAnswers["twoFAStatus"] };
    prepare2FA: { args: [password: string]; result: SecurityAnswers["prepare2FA"] };
    save2FA: { args: [password: string, code: string]; result: SecurityAnswers["save2FA"] };
    disable2FA: { args: [password: string, code: string]; result: SecurityAnswers["disable2FA"] };
    renewRecoveryCodes: { args: [password: string, code: string]; result: SecurityAnswers["renewRecoveryCodes"] };
    listSessions: { args: []; result: SecurityAnswers["listSessions"] };
    endSession: { args: [id: string]; result: object };
    endOtherSessions: { args: []; result: SecurityAnswers["endOtherSessions"] };
}

export type DirectVerb = keyof DirectVerbs;

export interface ServerInfo {
    version?: string;
    latestVersion?: string;
    gitDeployVersion?: string;
    isContainer?: boolean;
    primaryHostname?: string | null;
}
