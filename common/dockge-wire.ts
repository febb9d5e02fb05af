import { z } from "zod";
import { LIMITS, runningName, stackFolderName } from "./schemas.ts";
import type { StackGitFields } from "./views.ts";

/**
 * The part of the wire that Dockge defines: its events of stacks with the arguments that we accept, and what the server pushes. Those of accounts,
 * agents and terminals are beside it. Arguments are listed as sent after the event's name; the acknowledgement callback follows them.
 * The server ignores additional arguments, so that a newer client is not refused.
 */

/**
 * Sent as `info.version`. A Dockge hub drops agents that say less than 1.4.0, so this names the protocol that is spoken,
 * not the version of this product (that is `info.gitDeployVersion`).
 */
export const DOCKGE_PROTOCOL_VERSION = "1.5.0";

export const STACK_STATUS = { unknown: 0, draft: 1, inactive: 2, active: 3, exited: 4 } as const;
export type StackStatus = (typeof STACK_STATUS)[keyof typeof STACK_STATUS];

const text = z.string().max(LIMITS.composeLength);
const contentHash = z.string().max(128).nullish();

/** A `docker run` command is a few lines long; how long its translation takes grows with the square of this. */
export const MAX_RUN_COMMAND_LENGTH = 16_384;

/** Events for people who are logged in, outside of the agent envelope as in Dockge. */
export const directEvents = {
    composerize: z.tuple([z.string().max(MAX_RUN_COMMAND_LENGTH)]),
} as const;

/** Events about one stack: the first argument is always its name. */
export const stackEvents = {
    getStack: z.tuple([stackFolderName]),
    /** The last one is the `contentHash` of what the person began to edit; with it a save over somebody else's change is refused. */
    saveStack: z.tuple([stackFolderName, text, text, z.boolean(), contentHash]),
    deployStack: z.tuple([stackFolderName, text, text, z.boolean(), contentHash]),
    startStack: z.tuple([stackFolderName]),
    stopStack: z.tuple([stackFolderName]),
    restartStack: z.tuple([stackFolderName]),
    updateStack: z.tuple([stackFolderName]),
    downStack: z.tuple([stackFolderName]),
    deleteStack: z.tuple([stackFolderName]),
    /** Not Dockge's: builds anew what is built here, then `up`. With true, base images are pulled first. */
    buildStack: z.tuple([stackFolderName, z.boolean().nullish()]),
    startService: z.tuple([stackFolderName, runningName]),
    stopService: z.tuple([stackFolderName, runningName]),
    restartService: z.tuple([stackFolderName, runningName]),
    serviceStatusList: z.tuple([stackFolderName]),
} as const;

/** Events of the host as a whole. */
export const hostEvents = {
    requestStackList: z.tuple([]),
    getDockerNetworkList: z.tuple([]),
    dockerStats: z.tuple([]),
} as const;

export interface SimpleStack extends Partial<StackGitFields> {
    name: string;
    status: StackStatus;
    tags: string[];
    isManagedByDockge: boolean;
    composeFileName: string;
    endpoint: string;
}

export interface FullStack extends SimpleStack {
    composeYAML: string;
    composeENV: string;
    /** SHA-256 over the two texts above; hand it back when saving. */
    contentHash: string;
    /** Files that are shown with replacement characters and refused when changed, because they are not UTF-8. */
    notUtf8: string[];
    primaryHostname: string;
}

/** Value of `serviceStatusList`, by service: Docker's health where there is a health check, else its state. */
export type ServiceStatusList = Record<string, { status: string; name: string; ports?: PublishedPort[] }[]>;

/** A port of this machine that leads to a container. */
export interface PublishedPort {
    address: string;
    publicPort: number;
    privatePort: number;
    protocol: string;
}

/** Value of `dockerStats`, by name of container: what `docker stats --format json` prints, every field as text for people. */
export type DockerStats = Record<string, DockerStatsLine>;

export interface DockerStatsLine {
    BlockIO: string;
    CPUPerc: string;
    Container: string;
    ID: string;
    MemPerc: string;
    MemUsage: string;
    Name: string;
    NetIO: string;
    PIDs: string;
}

/** Pushed directly. */
export interface DockgePushes {
    info: { version?: string; latestVersion?: string; gitDeployVersion?: string; isContainer?: boolean; primaryHostname: string | null };
    /** No user exists yet. */
    setup: undefined;
    /** Authentication is switched off: the connection is logged in as the first user. */
    autoLogin: undefined;
    /** Load the page anew. */
    refresh: undefined;
}

/** Pushed inside the envelope: `agent`, name, ...arguments. */
export interface DockgeAgentPushes {
    stackList: [{ ok: true; stackList: Record<string, SimpleStack>; endpoint: string }];
    terminalWrite: [terminalName: string, chunk: string];
    terminalExit: [terminalName: string, exitCode: number];
}
