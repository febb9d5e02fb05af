import http, { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownPages, standInFront } from "../../../../backend/host/dockge/http-front.ts";
import { ASSETS_PREFIX, OWN_PREFIX } from "../../../../backend/host/dockge/page.ts";
import { RouteTable } from "../../../../backend/host/http/route-table.ts";
import { silentLogger } from "../../../fixtures/rows.ts";

describe("the addresses of ours on Dockge's port", () => {
    let server: Server;

    beforeEach(async () => {
        server = createServer((_request, response) => response.end("Dockge's"));
        const settings = { isProxyTrusted: false, bodyTimeoutMs: 5000, largeBodiesDirectory: os.tmpdir(), logger: silentLogger };
        standInFront(server, ownPages(new RouteTable(), settings, { directory: import.meta.dirname, html: "ours", tags: "" }));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterEach(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    });

    /** As it is written: `fetch` would tidy up the address. */
    async function get(path: string): Promise<[status: number | undefined, text: string]> {
        return await new Promise((resolve, reject) => {
            const { port } = server.address() as AddressInfo;
            http.get({ port, path, host: "127.0.0.1" }, (response) => {
                let text = "";
                response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).on("end", () => resolve([response.statusCode, text]));
            }).on("error", reject);
        });
    }

    it("are answered by us, and all others by Dockge", async () => {
        expect(await Promise.all(["/", `${OWN_PREFIX}/shop`, `${OWN_PREFIX}x`, "/api/nothing"].map(get))).toMatchObject([[200, "Dockge's"], [200, "ours"], [200, "Dockge's"], [404, expect.stringContaining("NOT_FOUND") as string]]);
    });

    it("tell nothing of the program when they are encoded wrongly, and lead out of no folder", async () => {
        expect(await get(`${OWN_PREFIX}/%zz`)).toEqual([400, "This page could not be sent.\n"]);
        for (const path of [`${ASSETS_PREFIX}/%zz`, `${ASSETS_PREFIX}/..%2fdockge/http-front.spec.ts`, `${ASSETS_PREFIX}/%2e%2e/dockge/http-front.spec.ts`, `${ASSETS_PREFIX}/http-front.spec.ts%00`]) {
            expect([path, (await get(path))[0]]).toEqual([path, 404]);
        }
    });
});
