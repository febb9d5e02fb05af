import { generate } from "otplib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDockge } from "../fixtures/real-dockge.ts";
import { Client, PASSWORD, startStandalone, USERNAME, type Standalone } from "../fixtures/standalone-host.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";
import { startVanillaDockge } from "../fixtures/vanilla-dockge.ts";

const found = findDockge();
const isReal = "directory" in found;
if (!isReal) {
    console.warn(`NOT RUN: log-ins on one data folder with Dockge (${found.why})`);
}
const NOT_VALID = { ok: false, msg: "authInvalidToken" };

describe.skipIf(!isReal)(`log-ins on one data folder, with ${isReal ? found.directory : "no Dockge"}`, () => {
    let world: TemporaryDatabase;
    beforeEach(async () => {
        world = await temporaryDatabase();
    });
    afterEach(() => world.remove());

    const credentials = (token = "") => ({ username: USERNAME, password: PASSWORD, token });

    async function ours<T>(work: (server: Standalone) => Promise<T>): Promise<T> {
        const { users, settings, loginSessions, accountSecurity, audit } = world.stores;
        const server = await startStandalone({ hasUser: false, config: { dataDirectory: world.directory }, users, settings, loginSessions, accountSecurity, audit });
        try {
            return await work(server);
        } finally {
            await server.stop();
        }
    }

    async function dockges<T>(work: (client: Client) => Promise<T>): Promise<T> {
        await world.database.close();
        const dockge = await startVanillaDockge(isReal ? found : { directory: "", node: "" }, { DOCKGE_DATA_DIR: world.directory });
        const client = await new Client(dockge.url).connected();
        try {
            return await work(client);
        } finally {
            client.socket.disconnect();
            await dockge.remove();
            world = await world.reopen();
        }
    }

    it("Dockge takes our tokens, we take its tokens up; no second factor locks anybody out there, nor does Dockge lead around it here", async () => {
        await ours(async (server) => await (await server.connect()).call("setup", USERNAME, PASSWORD));
        const before = await dockges(async (client) => (await client.call("login", credentials()))["token"] as string);

        const { token, recoveryCodes } = await ours(async (server) => {
            const client = await server.connect();
            expect(await client.call("loginByToken", before)).toMatchObject({ ok: true, token: expect.any(String) as string });
            const { secret } = await client.call("prepare2FA", PASSWORD);
            const saved = await client.call("save2FA", PASSWORD, await generate({ secret: secret as string }));
            return { token: saved["token"] as string, recoveryCodes: saved["recoveryCodes"] as string[] };
        });

        const during = await dockges(async (client) => {
            expect(await client.call("loginByToken", token)).toMatchObject({ ok: true });
            const answer = await client.call("login", credentials());
            expect(answer).toMatchObject({ ok: true });
            return answer["token"] as string;
        });

        await ours(async (server) => {
            const client = await server.connect();
            expect(await client.call("login", credentials())).toEqual({ tokenRequired: true });
            for (const dockgeToken of [before, during]) {
                expect(await client.call("loginByToken", dockgeToken)).toMatchObject(NOT_VALID);
            }
            expect(await client.call("loginByToken", token)).toEqual({ ok: true });
            expect(await client.call("disable2FA", PASSWORD, recoveryCodes[0])).toMatchObject({ ok: true });
            expect(await (await server.connect()).call("loginByToken", during)).toMatchObject(NOT_VALID);
            expect(await (await server.connect()).call("login", credentials())).toMatchObject({ ok: true });
        });
    }, 120_000);
});
