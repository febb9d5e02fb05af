import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { Clock, Logger } from "../../../domain/ports.ts";
import type { CertificateSource, ServerCertificate } from "./certificate.ts";

/** A client that is slower than this to agree on a cipher is not one of ours. */
const HANDSHAKE_TIMEOUT_MS = 20_000;
/** A renewed certificate is taken up this soon. */
const LOOK_EVERY_MS = 60_000;
const WARN_DAYS_BEFORE = 7;
const DAY_MS = 24 * 60 * 60_000;

export interface CertificateKeeperParts {
    source: CertificateSource;
    clock: Clock;
    logger: Logger;
    lookEveryMs?: number;
}

/** Gives a server its certificate, and the next one when the source has it, without a restart and without ending a connection. */
export class CertificateKeeper {
    readonly #parts: CertificateKeeperParts;
    #server: Server | null = null;
    #current: ServerCertificate | null = null;
    /** Said once, not every minute. */
    #complaint = "";

    constructor(parts: CertificateKeeperParts) {
        this.#parts = parts;
    }

    createServer(listener: RequestListener): Server {
        this.#server = createServer({ handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, listener);
        return this.#server;
    }

    /** Call it before the server listens. @throws TLS_CERTIFICATE_INVALID */
    async start(signal: AbortSignal): Promise<void> {
        await this.#look();
        void this.#keepLooking(signal);
    }

    async #keepLooking(signal: AbortSignal): Promise<void> {
        const { clock, logger, lookEveryMs = LOOK_EVERY_MS } = this.#parts;
        while (!signal.aborted) {
            await clock.sleep(lookEveryMs, signal).catch(() => undefined);
            if (signal.aborted) {
                return;
            }
            // A key and its certificate are not replaced at the same instant; the former pair serves until both fit.
            await this.#look().catch((err: unknown) => this.#complain(err instanceof Error ? err.message : String(err), () => logger.warn({ err }, "the former certificate stays in use")));
        }
    }

    async #look(): Promise<void> {
        const { source, clock, logger } = this.#parts;
        const found = await source.load();
        const { certificate: cert, key, passphrase, fingerprint, validUntil } = found;
        if (this.#current?.certificate !== cert || this.#current.key !== key) {
            this.#server?.setSecureContext({ cert, key, passphrase });
            this.#current = found;
            this.#complaint = "";
            logger.info({ fingerprint, validUntil: new Date(validUntil).toISOString(), isSelfSigned: source.isSelfSigned }, `HTTPS with the certificate ${fingerprint} (SHA-256)`);
        }
        if (validUntil - clock.now() < WARN_DAYS_BEFORE * DAY_MS) {
            const isOver = validUntil < clock.now();
            this.#complain(`${fingerprint} ${isOver ? "over" : "soon"}`, () => logger.warn({ fingerprint, validUntil: new Date(validUntil).toISOString() }, isOver ? "the certificate has expired" : "the certificate expires within a week"));
        }
    }

    #complain(about: string, say: () => void): void {
        if (this.#complaint !== about) {
            this.#complaint = about;
            say();
        }
    }
}
