import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import http, { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import express from "express";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RawHandler } from "../../backend/host/host.ts";
import { coreRoutes } from "../../backend/host/http/http-routes.ts";
import { LargeBodies } from "../../backend/host/http/large-bodies.ts";
import { RouteTable } from "../../backend/host/http/route-table.ts";
import { silentLogger } from "../fixtures/rows.ts";

/** Bodies that are too large for memory, over a real connection and on a real disk. */

const MIB = 1024 * 1024;
let folder: string;
let directory: string;
let server: Server;
let url: string;
let handler: RawHandler;

beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "large-bodies-"));
    directory = path.join(folder, "incoming");
    const table = new RouteTable();
    table.add("POST", "/take", async (request) => await handler(request), 25 * MIB);
    const app = express();
    app.use(coreRoutes(table, { isProxyTrusted: false, bodyTimeoutMs: 20_000, largeBodiesDirectory: directory, logger: silentLogger }));
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/take`;
    handler = async ({ body }) => Promise.resolve({ status: 200, body: hash(body) });
});
afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
});

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const large = (fill: string) => Buffer.alloc(3 * MIB, `${fill} is not the same everywhere, ü, `);
const post = async (body: Buffer) => await fetch(url, { method: "POST", body: new Uint8Array(body) });

/** Files of the folder that this process has open, named or not. */
async function openFiles(): Promise<number> {
    const links = await Promise.all((await readdir("/proc/self/fd")).map(async (fd) => await readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    return links.filter((link) => link.startsWith(directory)).length;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
        await new Promise((resolve) => setImmediate(resolve));
    }
}

describe("a large body", () => {
    it("arrives byte for byte, and is never a file that has a name", async () => {
        await mkdir(directory);
        await writeFile(path.join(directory, "left by a process that was killed"), "x");
        const names: string[][] = [];
        handler = async ({ body }) => {
            names.push(await readdir(directory));
            expect(await openFiles()).toBe(1);
            return { status: 200, body: hash(body) };
        };
        expect(await (await post(large("a"))).text()).toBe(hash(large("a")));
        expect(names).toEqual([[]]);
        await until(async () => (await openFiles()) === 0);
    });

    it("waits for the one before it, while small ones pass", async () => {
        let release = () => undefined as void;
        const entered: number[] = [];
        handler = async ({ body }) => {
            entered.push(body.length);
            if (body.length > MIB && entered.length === 1) {
                await new Promise<void>((resolve) => (release = resolve));
            }
            return { status: 200, body: hash(body) };
        };
        const first = post(large("a"));
        await until(() => entered.length === 1);
        const second = post(large("b"));
        await until(async () => (await openFiles()) === 2);
        expect(await (await post(Buffer.from("small"))).text()).toBe(hash(Buffer.from("small")));
        expect(entered).toEqual([3 * MIB, 5]);
        release();
        expect(await (await first).text()).toBe(hash(large("a")));
        expect(await (await second).text()).toBe(hash(large("b")));
    });

    it("is let go when its sender goes away, and when it is refused", async () => {
        const request = http.request(url, { method: "POST", headers: { "content-length": 20 * MIB } });
        request.on("error", () => undefined);
        request.write(large("a"));
        await until(async () => (await openFiles()) === 1);
        request.destroy();
        await until(async () => (await openFiles()) === 0);
        handler = () => Promise.reject(new Error("cannot be handled"));
        expect((await post(large("a"))).status).toBe(500);
        await until(async () => (await openFiles()) === 0);
    });

    it("may be sent again when there is no place for it, and small ones need none", async () => {
        await rm(folder, { recursive: true });
        await writeFile(folder, "no folder");
        const answer = await post(large("a"));
        expect([answer.status, await answer.json()]).toMatchObject([503, { code: "STORE_UNAVAILABLE" }]);
        expect((await post(Buffer.from("small"))).status).toBe(200);
    });
});

/** Each collection stops the whole server for tens of milliseconds. */
describe("memory", () => {
    let collections = 0;
    beforeEach(() => (collections = 0));

    async function work(status: number, times: number, bytes = 3 * MIB): Promise<void> {
        const bodies = new LargeBodies(directory, () => (collections += 1));
        for (let turn = 0; turn < times; turn++) {
            const file = await bodies.create();
            await file.append([Buffer.alloc(bytes)]);
            await bodies.inTurn(file, () => Promise.resolve({ status }));
            await file.close();
        }
    }

    it("is collected when bodies that were believed have left much behind", async () => {
        await work(202, 1, 25 * MIB);
        expect(collections).toBe(1);
        await work(202, 12);
        expect(collections).toBe(3);
    });

    it("is not collected at a stranger's wish", async () => {
        for (const status of [401, 404, 429]) {
            await work(status, 20);
        }
        expect(collections).toBe(0);
    });
});
