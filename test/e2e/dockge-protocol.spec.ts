import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBaseImage } from "../fixtures/base-image.ts";
import { describeDifference, differencesOf } from "../fixtures/dockge-conversation/compare.ts";
import type { Recording } from "../fixtures/dockge-conversation/conversation.ts";
import { converse } from "../fixtures/dockge-conversation/converse.ts";
import { explains, KNOWN_DIFFERENCES, tableOf } from "../fixtures/dockge-conversation/known-differences.ts";
import { recordDockge } from "../fixtures/dockge-conversation/record-dockge.ts";
import { removeProject, uniqueProject } from "../fixtures/engine.ts";
import { findDockge } from "../fixtures/real-dockge.ts";
import { startServer } from "../fixtures/server.ts";

/**
 * Our server against recordings of what Dockge says on the wire: the same conversation, compared exchange by exchange. The recordings are made by
 * `npx tsx extra/record-dockge.ts <checkout> <name>`; with DOCKGE_UPSTREAM_DIR it is also checked that they are still what a real one says.
 */

const root = path.join(import.meta.dirname, "../..");
const recordings = new Map(["1.5.0", "master"].map((name) => [name, readRecording(name)]));
const found = findDockge();
const isReal = "directory" in found;
if (!isReal) {
    console.warn(`NOT RUN: recordings of Dockge against a real Dockge (${found.why})`);
}

function readRecording(name: string): Recording {
    const folder = path.join(root, "test/fixtures/dockge-recordings", name);
    return Object.fromEntries(readdirSync(folder).map((file) => [path.basename(file, ".json"), JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Recording[string]]));
}

/** Section by section, what the protocol has. */
const CLIENT_EVENTS =
    "setup login loginByToken logout needSetup changePassword getSettings setSettings disconnectOtherSocketClients composerize addAgent removeAgent updateAgent agent " +
    "deployStack saveStack deleteStack getStack requestStackList startStack stopStack restartStack updateStack downStack serviceStatusList getDockerNetworkList " +
    "terminalJoin terminalInput mainTerminal checkMainTerminal interactiveTerminal leaveCombinedTerminal terminalResize dockerStats startService stopService restartService";
const PUSHES = "info setup autoLogin refresh agentList agentStatus agent:stackList agent:terminalWrite agent:terminalExit";

describe("Dockge's protocol", () => {
    let ours: Recording;

    beforeAll(async () => {
        await ensureBaseImage();
        const stack = uniqueProject("protocol");
        const [main, agent] = await Promise.all([startServer(), startServer({ env: { DOCKGE_ENABLE_CONSOLE: "true" } })]);
        try {
            ours = await converse({ main, agent, stack });
        } finally {
            await Promise.all([main.remove(), agent.remove()]);
            await removeProject(stack);
        }
    });

    it.each([...recordings.keys()])("is spoken as %s speaks it, but for the known differences", (name) => {
        const unexplained = differencesOf(recordings.get(name) ?? {}, ours).filter((difference) => !KNOWN_DIFFERENCES.some((known) => explains(known, difference)));
        expect(unexplained.map(describeDifference)).toEqual([]);
    });

    it("differs in every way that is said to be known", () => {
        const all = [...recordings.values()].flatMap((recording) => differencesOf(recording, ours));
        const stale = KNOWN_DIFFERENCES.filter((known) => !all.some((difference) => explains(known, difference)));
        expect(stale.map(({ what }) => what)).toEqual([]);
    });
});

describe("the recordings of Dockge", () => {
    it("have every event and every push of its protocol", () => {
        for (const recording of recordings.values()) {
            const exchanges = Object.values(recording).flatMap((steps) => Object.values(steps));
            const sent = new Set(exchanges.map(({ event }) => event));
            const pushed = new Set(exchanges.flatMap(({ pushes }) => Object.keys(pushes ?? {}).map((name) => name.split(" ")[0])));
            expect(CLIENT_EVENTS.split(" ").filter((event) => !sent.has(event))).toEqual([]);
            expect(PUSHES.split(" ").filter((name) => !pushed.has(name))).toEqual([]);
        }
    });

    it.skipIf(!isReal)(`are what ${isReal ? found.directory : "no Dockge"} says`, { timeout: 240_000 }, async () => {
        const now = isReal ? await recordDockge(found) : {};
        // Both call themselves 1.5.0: only the newer one knows how to rename an agent.
        const name = now["account"]?.["updateAgent without log-in"]?.answer === "no answer" ? "1.5.0" : "master";
        expect(now).toEqual(recordings.get(name));
    });
});

describe("docs/dockge-compatibility.md", () => {
    const document = readFileSync(path.join(root, "docs/dockge-compatibility.md"), "utf8");

    it.each(["more", "better", "other"] as const)("lists the known differences: %s", (kind) => {
        expect(document).toContain(tableOf(kind));
    });
});
