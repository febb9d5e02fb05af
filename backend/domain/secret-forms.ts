import { Buffer } from "node:buffer";

/**
 * Shorter values are not masked. Three letters and fewer stand in nearly every line of a build's output: the masks would make the log
 * unreadable, and by where they stand they would give away the value that they hide.
 */
const MIN_LENGTH = 4;
/** Fewer characters of Base64 turn up by chance in hashes and encoded output. */
const MIN_BASE64_LENGTH = 5;
/** Where `base64` and PEM writers break their lines. */
const BASE64_LINE_LENGTHS = [64, 76];
/** The same for `od` and `xxd -p`. */
const HEX_LINE_LENGTHS = [32, 60];
/** Passwords and tokens. Every form of a whole key file takes megabytes. */
const MAX_HEX_LENGTH = 1024;

/** Every way in which a set of secret values can turn up in the output of a tool. */
export class SecretForms {
    readonly #forms = new Set<string>();

    add(value: string): void {
        for (const line of linesOf(value)) {
            this.#addText(line);
        }
        this.#addBase64(value);
        // A file's final line end is often not part of what a tool encodes.
        this.#addBase64(value.trimEnd());
        this.#addHex(value);
        this.#addHex(value.trimEnd());
    }

    get isEmpty(): boolean {
        return this.#forms.size === 0;
    }

    all(): string[] {
        return [...this.#forms];
    }

    #addText(line: string): void {
        if (line.length < MIN_LENGTH) {
            return;
        }
        const json = JSON.stringify(line).slice(1, -1);
        const encoded = percentEncoded(line);
        const forms = [
            line,
            json,
            json.replaceAll("/", "\\/"),
            // Go, and so Docker, escapes these three in JSON.
            json.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"),
            // Compose prints a dollar sign as two, a shell with -x breaks out of quotes.
            line.replaceAll("$", "$$$$"),
            line.replaceAll("'", "'\\''"),
            ...encoded,
            ...encoded.map((form) => form.replaceAll("%20", "+")),
            ...encoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())),
        ];
        forms.forEach((form) => this.#forms.add(form));
    }

    /** A value inside a longer encoded text starts at one of three bit positions. Characters that also hold bits of its neighbours are left out. */
    #addBase64(value: string): void {
        const bytes = Buffer.from(value, "utf8");
        if (value.length < MIN_LENGTH) {
            return;
        }
        for (const offset of [0, 1, 2]) {
            const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
            const stable = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
            this.#addEncoded(stable);
            if (offset === 0) {
                BASE64_LINE_LENGTHS.filter((length) => stable.length > length).forEach((length) => chunks(stable, length).forEach((line) => this.#addEncoded(line)));
            }
        }
    }

    /** As `od`, `xxd -p` and digests print bytes. */
    #addHex(value: string): void {
        if (value.length >= MIN_LENGTH && value.length <= MAX_HEX_LENGTH) {
            const hex = Buffer.from(value, "utf8").toString("hex");
            this.#forms.add(hex);
            this.#forms.add(hex.toUpperCase());
            const lines = HEX_LINE_LENGTHS.flatMap((length) => chunks(hex, length));
            lines.filter((line) => line.length >= 2 * MIN_LENGTH).forEach((line) => this.#forms.add(line));
        }
    }

    #addEncoded(base64: string): void {
        if (base64.length >= MIN_BASE64_LENGTH) {
            this.#forms.add(base64);
            this.#forms.add(base64.replaceAll("+", "-").replaceAll("/", "_"));
        }
    }
}

/** Lines as a log has them: without surrounding blanks and without control characters, which are removed before masking. */
function linesOf(value: string): string[] {
    // eslint-disable-next-line no-control-regex -- control characters are what is removed
    return value.split(/\r\n|\r|\n/).flatMap((line) => [line, line.trim(), line.replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, "")]);
}

/** As browsers, form encoders and strict RFC 3986 writers do it; nothing for text that is not well-formed. */
function percentEncoded(text: string): string[] {
    try {
        const component = encodeURIComponent(text);
        return [component, component.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`), encodeURI(text)];
    } catch {
        return [];
    }
}

function chunks(text: string, length: number): string[] {
    return Array.from({ length: Math.ceil(text.length / length) }, (_, index) => text.slice(index * length, (index + 1) * length));
}
