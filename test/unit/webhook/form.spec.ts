import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../backend/domain/secret.ts";
import { formField } from "../../../backend/webhook/form.ts";
import { PROVIDERS } from "../../../backend/webhook/providers/index.ts";

const MAX_BYTES = 25 * 1024 * 1024;

describe("a field of a form", () => {
    it("is what any other reader of forms finds", () => {
        const piece = fc.oneof(fc.constantFrom("payload=", "&", "=", "+", "%", "%2B", "%c3%bc", "%zz", "payload", "a=b", "😀"), fc.string());
        fc.assert(
            fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
                const form = pieces.join("");
                // A name of its own without a value is no field of ours.
                const other = new URLSearchParams(form.replace(/(^|&)payload(?=&|$)/g, "$1"));
                expect(formField(Buffer.from(form), "payload")?.toString("utf8") ?? null).toBe(other.get("payload"));
            }),
        );
    });

    it("is its bytes, also where they are no text", () => {
        expect(formField(Buffer.from("a=1&payload=%00%ff+%e2%82&payload=2"), "payload")).toEqual(Buffer.from([0, 0xff, 0x20, 0xe2, 0x82]));
        expect(formField(Buffer.from("xpayload=1"), "payload")).toBeNull();
    });

    // With the platform's own reader each of these takes seconds, and up to a gigabyte, before anything of the sender is known.
    it.each(["+", "a&", "%41", "&payload", "%ff", "payload="])("costs little whatever a stranger sends (%s)", (fill) => {
        const body = Buffer.concat([Buffer.from("payload="), Buffer.alloc(MAX_BYTES - 8, fill)]);
        const before = process.memoryUsage();
        const headers = { "content-type": "application/x-www-form-urlencoded", "x-gitea-signature": "0".repeat(64) };
        expect(PROVIDERS.gitea.verify({ headers, body }, { accepted: [new Secret("s3cr3t")], signingToken: null }, 0)).toBe(false);
        const after = process.memoryUsage();
        expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(3 * MAX_BYTES);
    });
});
