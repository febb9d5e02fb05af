import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import { DeployError } from "../../../domain/errors.ts";

/** What the server shows to its clients. */
export interface ServerCertificate {
    /** PEM, with the intermediate certificates behind the server's own. */
    certificate: string;
    /** PEM. */
    key: string;
    passphrase: string | undefined;
    /** SHA-256, as browsers show it: pairs of hex digits with colons. */
    fingerprint: string;
    /** Milliseconds since the epoch. */
    validUntil: number;
}

/** Where the certificate comes from. Asked again and again, so that a renewed one is taken up. */
export interface CertificateSource {
    readonly isSelfSigned: boolean;
    /** @throws TLS_CERTIFICATE_INVALID with a sentence that names the file */
    load(): Promise<ServerCertificate>;
}

/** Names of the two files in sentences for people. */
export interface CertificateOrigin {
    certificateFile: string;
    keyFile: string;
}

/** Joins a certificate and its key. @throws TLS_CERTIFICATE_INVALID */
export function readCertificate(certificate: string, key: string, passphrase: string | undefined, origin: CertificateOrigin): ServerCertificate {
    const leaf = parseCertificate(certificate, origin);
    if (!leaf.checkPrivateKey(parseKey(key, passphrase, origin))) {
        throw invalid(`The key in ${origin.keyFile} does not belong to the certificate in ${origin.certificateFile}. Give the two that were made together.`);
    }
    try {
        createSecureContext({ cert: certificate, key, passphrase });
    } catch (cause) {
        throw invalid(`The certificate in ${origin.certificateFile} cannot be used for HTTPS (${reasonOf(cause)}). Give a newer one.`, cause);
    }
    return { certificate, key, passphrase, fingerprint: leaf.fingerprint256, validUntil: Date.parse(leaf.validTo) };
}

export function invalid(message: string, cause?: unknown): DeployError {
    return new DeployError("TLS_CERTIFICATE_INVALID", message, { cause });
}

function parseCertificate(pem: string, { certificateFile }: CertificateOrigin): X509Certificate {
    try {
        return new X509Certificate(pem);
    } catch (cause) {
        throw invalid(`${certificateFile} is not a certificate in PEM form (it begins with -----BEGIN CERTIFICATE-----).`, cause);
    }
}

function parseKey(pem: string, passphrase: string | undefined, { keyFile }: CertificateOrigin): KeyObject {
    try {
        return createPrivateKey({ key: pem, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
    } catch (cause) {
        const isEncrypted = pem.includes("ENCRYPTED");
        if (isEncrypted && passphrase === undefined) {
            throw invalid(`The key in ${keyFile} is encrypted. Give its passphrase in DOCKGE_SSL_KEY_PASSPHRASE.`, cause);
        }
        throw invalid(isEncrypted ? `DOCKGE_SSL_KEY_PASSPHRASE does not open the key in ${keyFile}.` : `${keyFile} is not a private key in PEM form (it begins with -----BEGIN … PRIVATE KEY-----).`, cause);
    }
}

function reasonOf(error: unknown): string {
    return (error as { code?: string }).code ?? (error instanceof Error ? error.message : String(error));
}
