import type { directEvents, hostEvents, stackEvents } from "../../../../common/dockge-wire.ts";
import { DeployError } from "../../../domain/errors.ts";
import type { Clock, DockerReadings } from "../../../domain/ports.ts";
import { Composerizer } from "./composerize.ts";
import type { EventHandlers } from "../dispatcher.ts";
import { DockerStatsReader } from "./docker-stats.ts";
import type { Session } from "../session.ts";
import { contentHash, type StackFiles, type StackTexts } from "../../stacks/stack-files.ts";
import { fullStack } from "./stack-json.ts";
import type { StackList } from "./stack-list.ts";
import type { StackOperations } from "./stack-operations.ts";
import { serviceStatuses } from "./stack-status.ts";
import type { Terminals } from "../terminals/terminals.ts";

export interface StackEventsParts {
    files: StackFiles;
    list: StackList;
    operations: StackOperations;
    terminals: Terminals;
    docker: DockerReadings;
    clock: Clock;
    primaryHostname: (endpoint: string) => Promise<string>;
    /** Looks at everything anew and sends the list to this connection, and to the others when it changed. */
    refreshList: (session: Session) => void;
}

const NO_TEXTS: StackTexts = { composeFileName: null, composeYaml: "", env: "", contentHash: contentHash("", ""), notUtf8: [] };

/** Dockge's buttons and what a stack page asks for. Names were checked before. */
export function stackHandlers(parts: StackEventsParts): EventHandlers<typeof stackEvents> {
    const { operations, list, files, terminals } = parts;
    /** Whoever presses a button watches what it does. */
    const press = async (msg: string, stack: string, session: Session, run: (stack: string) => Promise<void>) => {
        terminals.progress.watch(session, stack);
        await run(stack);
        return { ok: true, msg, msgi18n: true };
    };
    /** Dockge's words for these are no key to be translated. */
    const pressService = async (done: string, stack: string, service: string, session: Session, run: () => Promise<void>) => {
        terminals.progress.watch(session, stack);
        await run();
        return { ok: true, msg: `Service ${service} ${done}` };
    };
    return {
        getStack: async ([stack], session) => {
            const listed = await list.find(stack);
            if (listed === null) {
                throw new DeployError("STACK_NOT_FOUND", "Stack not found", { details: { stack } });
            }
            const texts = listed.isManaged ? await files.read(stack) : NO_TEXTS;
            if (listed.isManaged) {
                terminals.followLogs(session, stack);
            }
            return { ok: true, stack: fullStack(listed, texts, session.endpoint, await parts.primaryHostname(session.endpoint)) };
        },
        saveStack: async ([stack, composeYaml, env, isNew, expectedHash]) => {
            const saved = await operations.save(stack, { composeYaml, env, isNew, expectedHash: expectedHash ?? null });
            return { ok: true, msg: "Saved", msgi18n: true, contentHash: saved.contentHash };
        },
        deployStack: async ([stack, composeYaml, env, isNew, expectedHash], session) => {
            terminals.progress.watch(session, stack);
            const saved = await operations.deploy(stack, { composeYaml, env, isNew, expectedHash: expectedHash ?? null });
            terminals.followLogs(session, stack);
            return { ok: true, msg: "Deployed", msgi18n: true, contentHash: saved.contentHash };
        },
        startStack: ([stack], session) => press("Started", stack, session, (name) => operations.start(name)),
        stopStack: ([stack], session) => press("Stopped", stack, session, (name) => operations.stop(name)),
        restartStack: ([stack], session) => press("Restarted", stack, session, (name) => operations.restart(name)),
        updateStack: ([stack], session) => press("Updated", stack, session, (name) => operations.update(name)),
        downStack: ([stack], session) => press("Downed", stack, session, (name) => operations.down(name)),
        deleteStack: ([stack], session) => press("Deleted", stack, session, (name) => operations.remove(name)),
        buildStack: ([stack, shouldPull], session) => press("Built", stack, session, (name) => operations.build(name, { shouldPull: shouldPull === true })),
        startService: ([stack, service], session) => pressService("started", stack, service, session, () => operations.startService(stack, service)),
        stopService: ([stack, service], session) => pressService("stopped", stack, service, session, () => operations.actOnService(stack, service, "stop")),
        restartService: ([stack, service], session) => pressService("restarted", stack, service, session, () => operations.actOnService(stack, service, "restart")),
        serviceStatusList: async ([stack]) => ({ ok: true, serviceStatusList: serviceStatuses(await list.requireProjectOf(stack)) }),
    };
}

export function hostHandlers(parts: StackEventsParts): EventHandlers<typeof hostEvents> {
    const stats = new DockerStatsReader(parts);
    return {
        requestStackList: (_args, session) => {
            parts.refreshList(session);
            return Promise.resolve({ ok: true, msg: "Updated", msgi18n: true });
        },
        getDockerNetworkList: async () => ({ ok: true, dockerNetworkList: await parts.docker.networkNames() }),
        dockerStats: async () => ({ ok: true, dockerStats: await stats.read() }),
    };
}

export function directHandlers(): EventHandlers<typeof directEvents> {
    const composerizer = new Composerizer();
    return {
        composerize: async ([command]) => ({ ok: true, composeTemplate: await composerizer.run(command) }),
    };
}
