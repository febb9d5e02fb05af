import type { DockgeAgentPushes, FullStack, ServiceStatusList, SimpleStack, StackStatus } from "../../../common/dockge-wire.ts";

/** Dockge's own events, as far as these screens use them. */

export type { StackStatus };
export type StackSummary = SimpleStack;
/** An older server sends no hash; then the last one to save wins, as in Dockge. */
export type Stack = Omit<FullStack, "contentHash" | "notUtf8"> & { contentHash?: string; notUtf8?: string[] };

/** Dockge 1.5.0 sends the state alone. */
export type AnyServiceStatusList = ServiceStatusList | Record<string, string>;

type Save = [name: string, composeYaml: string, composeEnv: string, isAdd: boolean, contentHash?: string | null];
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
    serviceStatusList: { args: [name: string]; result: { serviceStatusList: AnyServiceStatusList } };
    leaveCombinedTerminal: Named;
    terminalJoin: { args: [terminal: string]; result: { buffer: string } };
}

export type DockgeVerb = keyof DockgeVerbs;

export type DockgePushes = DockgeAgentPushes;

/** Events that go past the agent envelope. */
export interface DirectVerbs {
    setup: { args: [username: string, password: string]; result: object };
    login: { args: [{ username: string; password: string; token: string }]; result: { token: string } };
    loginByToken: { args: [token: string]; result: object };
    changePassword: { args: [{ currentPassword: string; newPassword: string }]; result: object };
    getSettings: { args: []; result: { data: Record<string, unknown> } };
    setSettings: { args: [settings: Record<string, unknown>, currentPassword: string]; result: object };
}

export type DirectVerb = keyof DirectVerbs;

export interface ServerInfo {
    version?: string;
    latestVersion?: string;
    gitDeployVersion?: string;
    isContainer?: boolean;
    primaryHostname?: string | null;
}
