const [PLUS, SPACE, PERCENT] = [0x2b, 0x20, 0x25];
const NO_DIGIT = 16;
/** The value of each hexadecimal digit by its byte. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => {
    const value = Number.parseInt(String.fromCharCode(byte), 16);
    return Number.isNaN(value) ? NO_DIGIT : value;
});

/**
 * The bytes of the first field of that name in a form (`application/x-www-form-urlencoded`), or null. Strangers send forms, too: `URLSearchParams`
 * takes seconds and a gigabyte for one of 25 MiB of ampersands or plus signs, this as long as reading it.
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function formField(form: Buffer, name: string): Buffer | null {
    const label = `${name}=`;
    const isFirst = form.subarray(0, label.length).toString("latin1") === label;
    const at = isFirst ? 0 : form.indexOf(`&${label}`) + 1;
    if (at === 0 && !isFirst) {
        return null;
    }
    const end = form.indexOf("&", at);
    return decoded(form.subarray(at + label.length, end === -1 ? form.length : end));
}

function decoded(encoded: Buffer): Buffer {
    const bytes = Buffer.allocUnsafe(encoded.length);
    let length = 0;
    for (let at = 0; at < encoded.length; at++) {
        let byte = encoded[at] ?? 0;
        if (byte === PLUS) {
            byte = SPACE;
        } else if (byte === PERCENT) {
            const high = DIGITS[encoded[at + 1] ?? 0] ?? NO_DIGIT;
            const low = DIGITS[encoded[at + 2] ?? 0] ?? NO_DIGIT;
            if (high !== NO_DIGIT && low !== NO_DIGIT) {
                byte = high * 16 + low;
                at += 2;
            }
        }
        bytes[length] = byte;
        length += 1;
    }
    return bytes.subarray(0, length);
}
