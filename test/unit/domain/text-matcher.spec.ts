import fc from "fast-check";
import { expect, it } from "vitest";
import { TextMatcher, type TextRange } from "../../../backend/domain/text-matcher.ts";

/** Every place of every text, one after the other; what overlaps or touches joined. */
function oneByOne(texts: readonly string[], text: string): TextRange[] {
    const isFound = Array.from({ length: text.length }, () => false);
    for (const wanted of texts.filter((each) => each !== "")) {
        for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
            isFound.fill(true, at, at + wanted.length);
        }
    }
    const ranges: TextRange[] = [];
    isFound.forEach((found, index) => {
        const last = ranges.at(-1);
        if (found && last?.end === index) {
            last.end = index + 1;
        } else if (found) {
            ranges.push({ start: index, end: index + 1 });
        }
    });
    return ranges;
}

// Few letters, so that texts begin, end and lie in one another; \u6161 looks like "aa" to who keeps a byte of each.
const unit = fc.constantFrom("a", "b", "c", "\u6161", "\u0161");

it.each([1, 2, 3, 4, 7])("finds what looking for one text after the other finds; the shortest has %i characters", (minLength) => {
    const texts = fc.array(fc.string({ unit, minLength, maxLength: minLength + 6 }), { maxLength: 5 });
    fc.assert(
        fc.property(texts, fc.array(fc.oneof(fc.string({ unit, maxLength: 6 }), fc.nat(4)), { maxLength: 12 }), (wanted, parts) => {
            const text = parts.map((part) => (typeof part === "number" ? (wanted[part] ?? "") : part)).join("");
            expect(new TextMatcher(wanted).find(text)).toEqual(oneByOne(wanted, text));
        }),
        { numRuns: 300 },
    );
});

it("finds texts that are longer than a window can be", () => {
    const long = "0123456789".repeat(60);
    expect(new TextMatcher([long]).find(`x${long}x`)).toEqual([{ start: 1, end: 601 }]);
});
