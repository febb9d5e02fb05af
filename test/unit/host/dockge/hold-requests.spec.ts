import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdRequests } from "../../../../backend/host/dockge/hold-requests.ts";

describe("holding requests while we are not ready", () => {
    let server: Server;
    let url: string;
    const seen: string[] = [];

    beforeEach(async () => {
        seen.length = 0;
        server = createServer((request, response) => {
            seen.push(request.url ?? "");
            response.end("the former listener");
        });
        await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });

    /** Holds what `isHeld` says, and tells of each that arrived to be held. */
    function hold(isHeld: (path: string) => boolean) {
        let tell: () => void = () => undefined;
        const arrivals = holdRequests(server, ({ url: path = "" }) => {
            tell();
            return isHeld(path);
        });
        return { ...arrivals, arrival: () => new Promise<void>((resolve) => (tell = resolve)) };
    }

    it("answers everything else at once", async () => {
        hold((path) => path === "/api");
        expect(await (await fetch(`${url}/page`)).text()).toBe("the former listener");
    });

    it("lets in who waited, in their order and with their bodies, past whoever stands in front then", async () => {
        const arrivals = hold(() => true);
        const waiting: Promise<Response>[] = [];
        for (const name of ["one", "two"]) {
            const arrived = arrivals.arrival();
            waiting.push(fetch(`${url}/${name}`, { method: "POST", body: name }));
            await arrived;
        }
        expect(seen).toEqual([]);
        const order: string[] = [];
        arrivals.open(() => {
            server.removeAllListeners("request");
            server.on("request", (request, response) => {
                order.push(request.url ?? "");
                void request.toArray().then((chunks) => response.end(`ours: ${chunks.join("")}`));
            });
        });
        expect(order).toEqual(["/one", "/two"]);
        expect(await Promise.all(waiting.map(async (answer) => await (await answer).text()))).toEqual(["ours: one", "ours: two"]);
    });

    it("is not ended by a connection that breaks while it waits to become a WebSocket", async () => {
        server.on("upgrade", (_request, socket) => socket.end());
        const arrivals = hold(() => true);
        const upgraded = once(server, "upgrade");
        const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
        client.write("GET /socket.io/ HTTP/1.1\r\nhost: dockge\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
        const [, socket] = (await upgraded) as [unknown, Socket];
        // Not `once` of events: it would hear the error itself.
        const closed = new Promise((resolve) => socket.on("close", resolve));
        client.resetAndDestroy();
        await closed;
        expect(socket.errored).not.toBeNull();
        arrivals.open(() => undefined);
        expect(await (await fetch(url)).text()).toBe("the former listener");
    });

    it("hands them to the former listeners when nobody stands in front", async () => {
        const arrivals = hold(() => true);
        const arrived = arrivals.arrival();
        const answer = fetch(`${url}/late`);
        await arrived;
        arrivals.open(() => undefined);
        expect(await (await answer).text()).toBe("the former listener");
    });

    it("forgets who hung up", async () => {
        const arrivals = hold(() => true);
        const arrived = arrivals.arrival();
        const connected = once(server, "connection") as Promise<[Socket]>;
        const impatient = httpRequest(`${url}/gone`).on("error", () => undefined);
        impatient.end();
        const [socket] = await connected;
        await arrived;
        const closed = once(socket, "close");
        impatient.destroy();
        await closed;
        arrivals.open(() => undefined);
        expect(seen).toEqual([]);
    });

    it("holds upgrades too", async () => {
        const upgraded: string[] = [];
        server.on("upgrade", (request, socket) => {
            upgraded.push(request.url ?? "");
            socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
        });
        const arrivals = hold((path) => path.startsWith("/socket.io"));
        const arrived = arrivals.arrival();
        const answer = once(httpRequest(`${url}/socket.io/`, { headers: { connection: "upgrade", upgrade: "websocket" } }).end(), "upgrade");
        await arrived;
        expect(upgraded).toEqual([]);
        arrivals.open(() => undefined);
        await answer;
        expect(upgraded).toEqual(["/socket.io/"]);
    });
});
