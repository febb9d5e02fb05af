import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { beforeListening } from "../../../../backend/host/dockge/before-listening.ts";

describe("preparing before a server listens", () => {
    let server: Server;
    beforeEach(() => void (server = createServer()));
    afterEach(() => void server.close());

    it("lets it listen when all is prepared, with what it was told", async () => {
        const order: string[] = [];
        beforeListening(server, 10_000, async () => {
            await new Promise((resolve) => setImmediate(resolve));
            order.push(`prepared, listening: ${server.listening}`);
        });
        await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
        expect(order).toEqual(["prepared, listening: false"]);
        expect(server.address()).toMatchObject({ address: "127.0.0.1" });
    });

    it("lets it listen when preparing fails", async () => {
        beforeListening(server, 10_000, () => Promise.reject(new Error("no")));
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });

    it("lets it listen when preparing takes too long, and says so to what prepares", async () => {
        let signal: AbortSignal | undefined;
        beforeListening(server, 10, async (isTooLate) => {
            signal = isTooLate;
            await new Promise(() => undefined);
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        expect(signal?.aborted).toBe(true);
    });
});
