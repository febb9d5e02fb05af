import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStandalone, type Client, type Standalone } from "../fixtures/standalone-host.ts";

/** More than the buffers of the network hold, and more than is sent in one turn. */
const PIECE_LENGTH = 4 * 1024 * 1024;
const PIECES = 8;
const READ_LENGTH = 1024 * 1024;

interface Pushed {
    offset: number;
    text: string;
}

describe("following a log over the network", () => {
    let log: string;
    let server: Standalone;

    beforeEach(async () => {
        log = "";
        server = await startStandalone({
            register: (host) =>
                host.answer("follow", (args, user) => {
                    const offset = Number(args[0]);
                    host.joinLog(user.connectionId, "d1");
                    return Promise.resolve({ ok: true, text: log.slice(offset, offset + READ_LENGTH) });
                }),
        });
    });

    afterEach(async () => {
        await server.stop();
    });

    const write = (text: string): void => {
        const offset = log.length;
        log += text;
        server.host.publish("deploymentLog", { deploymentId: "d1", offset, text }, { joinedLog: "d1" });
    };
    const pushesOf = (client: Client): Pushed[] => client.pushes.filter(({ event }) => event === "deploymentLog").map(({ args }) => args[0] as Pushed);

    it("keeps for a browser that does not read no more than a little, and loses and repeats nothing when it reads again", async () => {
        const [quick, slow] = [await (await server.connect()).login(), await (await server.connect()).login()];
        for (const client of [quick, slow]) {
            await client.call("follow", 0);
        }
        const network = (slow.socket.io.engine.transport as unknown as { ws: { _socket: { pause: () => void; resume: () => void } } }).ws._socket;
        network.pause();
        for (let number = 0; number < PIECES; number += 1) {
            const offset = log.length;
            write(`${number}`.repeat(PIECE_LENGTH));
            await quick.push("deploymentLog", (push: Pushed) => push.offset === offset);
        }
        network.resume();
        await slow.push("deploymentLog", ({ text }: Pushed) => text === "");

        let received = "";
        for (const { offset, text } of pushesOf(slow)) {
            expect(text === "" ? offset : offset - received.length).toBe(text === "" ? received.length + PIECE_LENGTH : 0);
            received += text;
        }
        expect(received.length).toBeLessThanOrEqual((PIECES - 2) * PIECE_LENGTH);
        slow.forget();
        for (let text = "?"; text !== ""; received += text) {
            text = String((await slow.call("follow", received.length))["text"]);
        }
        expect(received === log).toBe(true);
        write("and on");
        await slow.push("deploymentLog", ({ text }: Pushed) => text === "and on");
        expect(pushesOf(slow)).toHaveLength(1);
    });

    it("tells somebody who has logged out nothing more", async () => {
        const client = await (await server.connect()).login();
        await client.call("follow", 0);
        await client.call("logout");
        write("secret");
        await client.login();
        await client.call("follow", log.length);
        write("known");
        await client.push("deploymentLog", ({ text }: Pushed) => text === "known");
        expect(pushesOf(client)).toHaveLength(1);
    });
});
