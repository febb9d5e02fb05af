import { describe, expect, it } from "vitest";
import { findSkipMarker } from "../../../../backend/domain/push/skip-marker.ts";

describe("skip markers", () => {
    it.each(["[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]", "[deploy skip]", "[no deploy]", "[Skip CI]", "[ci-skip]"])("%s anywhere in the message", (marker) => {
        expect(findSkipMarker(`Fix typo\n\nDetails ${marker} end`)).toBe(marker);
    });

    it.each(["skip ci", "[skip]", "(skip ci)", "[skip cid]", "[ skip ci]", ""])("but not %j", (message) => {
        expect(findSkipMarker(message)).toBeNull();
    });
});
