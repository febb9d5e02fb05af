/** The text of a file, and whether writing it again would give the same bytes. */
export interface FileText {
    text: string;
    /** False: the text has replacement characters for what could not be read. */
    isUtf8: boolean;
}

/** A byte order mark stays a part of the text. */
export function decodeText(bytes: Buffer): FileText {
    try {
        return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
    } catch {
        return { text: bytes.toString("utf8"), isUtf8: false };
    }
}
