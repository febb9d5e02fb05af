import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import { io } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock, Logger } from "../../backend/domain/ports.ts";
import { createLogger } from "../../backend/log.ts";
import type { RawRequest } from "../../backend/host/host.ts";
import { CertificateFiles } from "../../backend/host/standalone/tls/certificate-files.ts";
import { CertificateKeeper } from "../../backend/host/standalone/tls/certificate-keeper.ts";
import { namesOf } from "../../backend/host/standalone/tls/certificate-source.ts";
import { SelfSignedCertificate } from "../../backend/host/standalone/tls/self-signed-certificate.ts";
import { startStandalone, type Standalone } from "../fixtures/standalone-host.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.now();

let root: string;
let stop: (() => Promise<void>)[];

beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "standalone-tls-"));
    stop = [() => rm(root, { recursive: true, force: true })];
});

afterEach(async () => {
    for (const end of stop.reverse()) {
        await end();
    }
});

/** What a client sees that trusts this certificate and nothing else. */
async function handshake(port: number, servername: string, ca: string): Promise<{ fingerprint: string; protocol: string | null }> {
    const socket = tls.connect({ host: "127.0.0.1", port, servername, ca });
    await once(socket, "secureConnect");
    const seen = { fingerprint: socket.getPeerCertificate().fingerprint256, protocol: socket.getProtocol() };
    socket.destroy();
    return seen;
}

function selfSigned(directory: string, names: string[] = ["nas.lan", "192.168.1.5", "localhost", "127.0.0.1", "::1"], now = NOW): SelfSignedCertificate {
    return new SelfSignedCertificate({ directory, names, clock: { now: () => now } });
}

/** Two files as certbot would leave them. */
async function filesOf(directory: string): Promise<{ certificateFile: string; keyFile: string; certificate: string }> {
    const made = await selfSigned(directory).load();
    const files = { certificateFile: path.join(directory, "fullchain.pem"), keyFile: path.join(directory, "privkey.pem") };
    const certificate = new X509Certificate(made.certificate).toString();
    await writeFile(files.certificateFile, certificate);
    await writeFile(files.keyFile, made.key);
    return { ...files, certificate };
}

async function start(options: Parameters<typeof startStandalone>[0]): Promise<{ server: Standalone; port: number }> {
    const server = await startStandalone(options);
    stop.push(() => server.stop());
    return { server, port: Number(new URL(server.url).port) };
}

async function get(port: number, target: string, ca: string): Promise<{ status: number; headers: Record<string, unknown> }> {
    const request = https.get({ host: "127.0.0.1", port, path: target, ca, servername: "localhost" });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    await once(response, "end");
    return { status: response.statusCode ?? 0, headers: response.headers };
}

describe("a server with its own certificate", () => {
    it("is reached by HTTPS and by wss, tells routes and users so, and sets no HSTS", async () => {
        const seen: RawRequest[] = [];
        const origins: unknown[] = [];
        const { server, port } = await start({
            config: { tls: { kind: "self-signed", names: ["nas.lan"] } },
            register: (host) => {
                host.route("GET", "/api/seen", (request) => Promise.resolve(seen.push(request)).then(() => ({ status: 204 })));
                host.answer("whoAmI", (_args, user) => Promise.resolve(origins.push(user.origin)).then(() => ({ ok: true as const })));
            },
        });
        const ca = await readFile(path.join(server.host.paths.data, "git-deploy/tls/self-signed.pem"), "utf8");
        expect((await handshake(port, "nas.lan", ca)).protocol).toBe("TLSv1.3");
        const answer = await get(port, "/api/seen", ca);
        expect([answer.status, answer.headers["strict-transport-security"]]).toEqual([204, undefined]);
        expect(seen[0]?.origin).toBe(`https://127.0.0.1:${port}`);

        const socket = io(`https://localhost:${port}`, { transports: ["websocket"], forceNew: true, reconnection: false, ca } as Parameters<typeof io>[1]);
        stop.push(() => Promise.resolve(void socket.disconnect()));
        await once(socket as never, "connect");
        await socket.emitWithAck("login", { username: "admin", password: "correct-horse-1", token: "" });
        expect(await socket.emitWithAck("whoAmI")).toEqual({ ok: true });
        expect(origins).toEqual([`https://localhost:${port}`]);
    });

    it("keeps it over a restart, readable by the server alone", async () => {
        const first = await selfSigned(root).load();
        expect((await selfSigned(root, undefined, NOW + DAY_MS).load()).fingerprint).toBe(first.fingerprint);
        expect((await stat(path.join(root, "self-signed.pem"))).mode & 0o777).toBe(0o600);
    });

    it("makes another one a month before the end, for a new name, and for a damaged file", async () => {
        const first = await selfSigned(root).load();
        expect(Math.round((first.validUntil - NOW) / DAY_MS)).toBe(396);
        const renewed = await selfSigned(root, undefined, NOW + 367 * DAY_MS).load();
        expect(renewed.fingerprint).not.toBe(first.fingerprint);
        expect(renewed.validUntil).toBeGreaterThan(NOW + 700 * DAY_MS);
        const named = await selfSigned(root, ["other.lan"], NOW + 367 * DAY_MS).load();
        expect(new X509Certificate(named.certificate).checkHost("other.lan")).toBe("other.lan");
        await writeFile(path.join(root, "self-signed.pem"), named.certificate.slice(0, 100));
        expect((await selfSigned(root, ["other.lan"]).load()).fingerprint).not.toBe(named.fingerprint);
    });

    it("has every name that the settings know", async () => {
        const names = namesOf({ hostname: "192.168.1.5", publicUrl: "https://deploy.example.org:8443" }, ["NAS.lan", "fe80::1"], "build-01");
        expect(names).toEqual(["nas.lan", "fe80::1", "deploy.example.org", "192.168.1.5", "build-01", "localhost", "127.0.0.1", "::1"]);
        expect(namesOf({ hostname: "0.0.0.0", publicUrl: undefined }, [], "not a name")).toEqual(["localhost", "127.0.0.1", "::1"]);
        const leaf = new X509Certificate((await selfSigned(root, names).load()).certificate);
        expect(leaf.subjectAltName).toBe("DNS:nas.lan, IP Address:FE80:0:0:0:0:0:0:1, DNS:deploy.example.org, IP Address:192.168.1.5, DNS:build-01, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
        // Made once: no name is missed when it is read again.
        expect((await selfSigned(root, names).load()).fingerprint).toBe(leaf.fingerprint256);
    });
});

describe("a certificate from files", () => {
    /** Sleeps until the test says so, and tells when somebody sleeps again, which is when a look is over. */
    class ManualClock implements Clock {
        #wake = () => {};
        #asleep = () => {};
        now(): number {
            return NOW;
        }
        monotonic(): number {
            return 0;
        }
        async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
            this.#asleep();
            await new Promise<void>((resolve, reject) => {
                this.#wake = resolve;
                signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
            });
        }
        async look(): Promise<void> {
            const isAsleep = new Promise<void>((resolve) => (this.#asleep = resolve));
            this.#wake();
            await isAsleep;
        }
    }

    it("is taken up anew when it changes, never half of it, and open connections stay", async () => {
        const files = await filesOf(path.join(root, "live"));
        const next = await filesOf(path.join(root, "next"));
        const warnings: string[] = [];
        const logger: Logger = { ...createLogger("silent"), warn: (_fields, message) => void warnings.push(message) };
        const clock = new ManualClock();
        const keeper = new CertificateKeeper({ source: new CertificateFiles({ ...files, passphrase: undefined }), clock, logger });
        const server = keeper.createServer((_request, response) => response.end("ok"));
        const stopping = new AbortController();
        await keeper.start(stopping.signal);
        await once(server.listen(0, "127.0.0.1"), "listening");
        stop.push(async () => {
            stopping.abort();
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        });
        const { port } = server.address() as AddressInfo;
        const before = new X509Certificate(files.certificate).fingerprint256;
        const after = new X509Certificate(next.certificate).fingerprint256;
        expect((await handshake(port, "nas.lan", files.certificate)).fingerprint).toBe(before);
        const open = tls.connect({ host: "127.0.0.1", port, servername: "nas.lan", ca: files.certificate });
        await once(open, "secureConnect");

        await copyFile(next.keyFile, files.keyFile);
        await clock.look();
        await clock.look();
        expect((await handshake(port, "nas.lan", files.certificate)).fingerprint).toBe(before);
        expect(warnings).toEqual(["the former certificate stays in use"]);

        await copyFile(next.certificateFile, files.certificateFile);
        await clock.look();
        expect((await handshake(port, "nas.lan", next.certificate)).fingerprint).toBe(after);
        open.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const [answer] = (await once(open, "data")) as [Buffer];
        expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/);
    });

    it("may have an encrypted key", async () => {
        const { certificateFile, certificate } = await filesOf(root);
        const keyFile = path.join(root, "encrypted.pem");
        const key = createPrivateKey((await selfSigned(root).load()).key);
        await writeFile(keyFile, key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "opens it" }));
        const { port } = await start({ config: { tls: { kind: "files", keyFile, certificateFile, passphrase: "opens it" } } });
        expect((await handshake(port, "nas.lan", certificate)).protocol).toBe("TLSv1.3");
        const load = async (passphrase: string | undefined) => await new CertificateFiles({ certificateFile, keyFile, passphrase }).load();
        await expect(load(undefined)).rejects.toMatchObject({ code: "TLS_CERTIFICATE_INVALID", message: `The key in ${keyFile} is encrypted. Give its passphrase in DOCKGE_SSL_KEY_PASSPHRASE.` });
        await expect(load("wrong")).rejects.toMatchObject({ message: `DOCKGE_SSL_KEY_PASSPHRASE does not open the key in ${keyFile}.` });
    });

    it.each([
        ["is not there", async (files: { certificateFile: string }) => await rm(files.certificateFile), /fullchain\.pem cannot be read \(ENOENT\)\. Correct DOCKGE_SSL_CERT/],
        ["is a folder", async (files: { keyFile: string }) => await rm(files.keyFile).then(() => mkdir(files.keyFile)), /privkey\.pem cannot be read \(EISDIR\)\. Correct DOCKGE_SSL_KEY/],
        ["is not a certificate", async (files: { certificateFile: string }) => await writeFile(files.certificateFile, "x"), /fullchain\.pem is not a certificate in PEM form/],
        ["is not a key", async (files: { keyFile: string; certificateFile: string }) => await copyFile(files.certificateFile, files.keyFile), /privkey\.pem is not a private key in PEM form/],
        ["belongs to another key", async (files: { keyFile: string }) => await copyFile((await filesOf(path.join(root, "other"))).keyFile, files.keyFile), /does not belong to the certificate/],
    ])("stops the start with a sentence when it %s", async (_what, spoil, sentence) => {
        const files = await filesOf(path.join(root, "live"));
        await spoil(files);
        await expect(startStandalone({ config: { tls: { kind: "files", ...files, passphrase: undefined } } })).rejects.toMatchObject({ code: "TLS_CERTIFICATE_INVALID", message: expect.stringMatching(sentence) });
    });
});
