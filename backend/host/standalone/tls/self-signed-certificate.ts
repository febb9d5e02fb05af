import { generateKeyPair, randomBytes, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../../../domain/ports.ts";
import { readCertificate, type CertificateSource, type ServerCertificate } from "./certificate.ts";

const DAY_MS = 24 * 60 * 60_000;
/** No browser takes a server's certificate that is valid for longer than 398 days. @see CA/Browser Forum Baseline Requirements 6.3.2 */
const VALID_DAYS = 397;
const RENEW_DAYS_BEFORE = 30;
/** A client's clock may be behind ours. */
const BACKDATED_DAYS = 1;
const KEY_BITS = 2048;
const SAN_DNS = 2;
const SAN_IP = 7;

export interface SelfSignedSettings {
    /** Key and certificate are kept here, in one file, so that they never disagree. */
    directory: string;
    /** Host names and addresses under which the server is opened. */
    names: readonly string[];
    clock: Pick<Clock, "now">;
}

/** A certificate that vouches for itself: made when there is none, when it is about to expire, and when a name was added. */
export class SelfSignedCertificate implements CertificateSource {
    readonly isSelfSigned = true;
    readonly #settings: SelfSignedSettings;

    constructor(settings: SelfSignedSettings) {
        this.#settings = settings;
    }

    async load(): Promise<ServerCertificate> {
        const kept = await this.#read();
        return kept !== null && this.#isGood(kept) ? kept : await this.#make();
    }

    get #file(): string {
        return path.join(this.#settings.directory, "self-signed.pem");
    }

    async #read(): Promise<ServerCertificate | null> {
        const pem = await readFile(this.#file, "utf8").catch(() => null);
        try {
            return pem === null ? null : readCertificate(pem, pem, undefined, { certificateFile: this.#file, keyFile: this.#file });
        } catch {
            // Half written or damaged; it can be had again.
            return null;
        }
    }

    #isGood({ certificate, validUntil }: ServerCertificate): boolean {
        const { names, clock } = this.#settings;
        const leaf = new X509Certificate(certificate);
        const listed = new Set(leaf.subjectAltName?.split(", ") ?? []);
        const isFor = (name: string) => (isIP(name) === 0 ? listed.has(`DNS:${name}`) : leaf.checkIP(name) !== undefined);
        return validUntil - clock.now() > RENEW_DAYS_BEFORE * DAY_MS && names.every(isFor);
    }

    async #make(): Promise<ServerCertificate> {
        const { directory, names, clock } = this.#settings;
        const pem = await issue(names, clock.now());
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const temporary = `${this.#file}.${process.pid}.tmp`;
        await rm(temporary, { force: true });
        await writeFile(temporary, pem, { mode: 0o600, flag: "wx" });
        await chmod(temporary, 0o600);
        await rename(temporary, this.#file);
        return readCertificate(pem, pem, undefined, { certificateFile: this.#file, keyFile: this.#file });
    }
}

/** @returns key and certificate, one behind the other, in PEM */
async function issue(names: readonly string[], now: number): Promise<string> {
    // Large, and needed once a year, so it is not loaded at each start.
    const { default: forge } = await import("node-forge");
    // Made by Node: node-forge would block for a second. RSA, as node-forge signs with nothing else.
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs1", format: "pem" } });
    const key = forge.pki.privateKeyFromPem(privateKey);
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
    certificate.serialNumber = serialNumber();
    certificate.validity.notBefore = new Date(now - BACKDATED_DAYS * DAY_MS);
    certificate.validity.notAfter = new Date(now + (VALID_DAYS - BACKDATED_DAYS) * DAY_MS);
    const subject = [{ name: "commonName", value: "Dockge Git Deploy" }];
    certificate.setSubject(subject);
    certificate.setIssuer(subject);
    certificate.setExtensions([
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        { name: "subjectAltName", altNames: names.map((name) => (isIP(name) === 0 ? { type: SAN_DNS, value: name } : { type: SAN_IP, ip: name })) },
        { name: "subjectKeyIdentifier" },
    ]);
    certificate.sign(key, forge.md.sha256.create());
    return privateKey + forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

/** Positive, and another one each time: some browsers refuse a second certificate with the same number. */
function serialNumber(): string {
    return `01${randomBytes(15).toString("hex")}`;
}
