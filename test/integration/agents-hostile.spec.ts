import http from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStandalone, type Client, type Standalone } from "../fixtures/standalone-host.ts";

const DEEP = "[".repeat(50_000) + "]".repeat(50_000);

/** Past Socket.IO's own encoder, which could not write it. */
const send = (socket: Socket, text: string) => (socket.conn as unknown as { sendPacket: (type: string, data: string) => void }).sendPacket("message", text);

describe("an agent that means harm", () => {
    let hub: Standalone;
    let browser: Client;
    const servers: http.Server[] = [];

    const listen = async (handler?: http.RequestListener) => {
        const server = handler === undefined ? http.createServer() : http.createServer(handler);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        servers.push(server);
        return { server, endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const add = async (endpoint: string) => await browser.call("addAgent", { url: `http://${endpoint}`, username: "admin", password: "secret" });
    /** Refuses WebSockets, as a proxy may, so that it is asked by polling. */
    const refuseUpgrades = (server: http.Server) => server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"));
    const dockge = async (onConnection: (socket: Socket) => void) => {
        const { server, endpoint } = await listen();
        new Server(server).on("connection", (socket) => {
            socket.emit("info", { version: "1.5.0" });
            socket.on("login", (_credentials, answer: (answer: object) => void) => answer({ ok: true, token: "t" }));
            onConnection(socket);
        });
        expect(await add(endpoint)).toMatchObject({ ok: true });
        await browser.push("agentStatus", ({ status }: { status: string }) => status === "online");
        return endpoint;
    };

    beforeEach(async () => {
        hub = await startStandalone();
        browser = await (await hub.connect()).login();
    });
    afterEach(async () => {
        await hub.stop();
        for (const server of servers.splice(0)) {
            server.closeAllConnections();
            server.close();
        }
    });

    it("does not send this server to another one by a redirect", async () => {
        const asked: string[] = [];
        const inside = await listen((request, response) => {
            asked.push(request.url ?? "");
            response.end();
        });
        const { server, endpoint } = await listen((_request, response) => response.writeHead(307, { location: `http://${inside.endpoint}/latest/meta-data` }).end());
        refuseUpgrades(server);
        expect(await add(endpoint)).toMatchObject({ ok: false, code: "AGENT_OFFLINE" });
        expect(asked).toEqual([]);
    });

    it.each([
        ["a redirect to nowhere", (response: http.ServerResponse) => void response.writeHead(302).end()],
        ["an answer without an end", (response: http.ServerResponse) => void new Promise(() => {
            const piece = Buffer.alloc(1024 * 1024, "0");
            const more = () => {
                while (!response.destroyed && response.write(piece));
            };
            response.on("drain", more);
            more();
        })],
    ])("does not end this server by %s", async (_name, answer) => {
        const { server, endpoint } = await listen((_request, response) => answer(response));
        refuseUpgrades(server);
        expect(await add(endpoint)).toMatchObject({ ok: false, code: "AGENT_OFFLINE" });
    });

    it("is reached behind a proxy without WebSockets as before", async () => {
        const { server, endpoint } = await listen();
        const agent = new Server(server, { transports: ["polling"] });
        agent.on("connection", (socket) => socket.on("login", (_credentials, answer: (answer: object) => void) => answer({ ok: true, token: "t" })));
        expect(await add(endpoint)).toMatchObject({ ok: true });
        await browser.push("agentStatus", ({ status }: { status: string }) => status === "online");
        agent.disconnectSockets(true);
    });

    it("does not end this server by what is nested deeper than can be handed on", async () => {
        let socket: Socket | undefined;
        const endpoint = await dockge((connected) => {
            socket = connected;
            connected.conn.on("packet", ({ data }: { data?: unknown }) => {
                const id = typeof data === "string" ? /^2(\d+)\["agent"/.exec(data)?.[1] : undefined;
                if (id !== undefined) {
                    send(connected, `3${id}[${DEEP}]`);
                }
            });
        });
        send(socket!, `2["agent","stackList",{"x":${DEEP}}]`);
        expect(await browser.call("agent", endpoint, "getStack", "web")).toMatchObject({ ok: false, code: "AGENT_SILENT" });
        expect(await browser.call("agent", "", "requestStackList")).toMatchObject({ ok: true });
    });
});
