import { readFile } from "node:fs/promises";
import { invalid, readCertificate, type CertificateSource, type ServerCertificate } from "./certificate.ts";

export interface CertificateFilesSettings {
    certificateFile: string;
    keyFile: string;
    passphrase: string | undefined;
}

/** A certificate that somebody else makes and renews, such as certbot. */
export class CertificateFiles implements CertificateSource {
    readonly isSelfSigned = false;
    readonly #settings: CertificateFilesSettings;

    constructor(settings: CertificateFilesSettings) {
        this.#settings = settings;
    }

    async load(): Promise<ServerCertificate> {
        const { certificateFile, keyFile, passphrase } = this.#settings;
        const [certificate, key] = await Promise.all([read(certificateFile, "DOCKGE_SSL_CERT"), read(keyFile, "DOCKGE_SSL_KEY")]);
        return readCertificate(certificate, key, passphrase, this.#settings);
    }
}

async function read(file: string, setting: string): Promise<string> {
    try {
        return await readFile(file, "utf8");
    } catch (cause) {
        const why = (cause as NodeJS.ErrnoException).code ?? "unknown error";
        throw invalid(`${file} cannot be read (${why}). Correct ${setting}, or let the server's user read the file.`, cause);
    }
}
