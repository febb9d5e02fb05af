import os from "node:os";
import path from "node:path";
import type { Config } from "../../../config.ts";
import type { Clock, Logger } from "../../../domain/ports.ts";
import type { CertificateSource } from "./certificate.ts";
import { CertificateFiles } from "./certificate-files.ts";
import { CertificateKeeper } from "./certificate-keeper.ts";
import { SelfSignedCertificate } from "./self-signed-certificate.ts";

type TlsSettings = Pick<Config, "dataDirectory" | "hostname"> & Partial<Pick<Config, "tls" | "publicUrl">>;

/** Names of this machine that hold wherever it stands. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];
const ANY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** As the settings want it; null for plain HTTP. */
export function certificateKeeper(config: TlsSettings, clock: Clock, logger: Logger): CertificateKeeper | null {
    const source = certificateSource(config, clock);
    return source === null ? null : new CertificateKeeper({ source, clock, logger });
}

function certificateSource(config: TlsSettings, clock: Pick<Clock, "now">): CertificateSource | null {
    const { tls = null } = config;
    switch (tls?.kind) {
        case undefined:
            return null;
        case "files":
            return new CertificateFiles(tls);
        case "self-signed":
            return new SelfSignedCertificate({ directory: path.join(config.dataDirectory, "git-deploy", "tls"), names: namesOf(config, tls.names), clock });
    }
}

/** Every name and address that the settings tell us of, and this machine's own. */
export function namesOf({ hostname, publicUrl }: Pick<TlsSettings, "hostname" | "publicUrl">, further: readonly string[], machine = os.hostname()): string[] {
    const listening = hostname === undefined || ANY_ADDRESS.has(hostname) ? [] : [hostname];
    const shown = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, "$1")];
    return [...new Set([...further, ...shown, ...listening, ...(isHostName(machine) ? [machine] : []), ...LOCAL_NAMES].map((name) => name.toLowerCase()))];
}

function isHostName(text: string): boolean {
    return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text);
}
