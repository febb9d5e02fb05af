import { describe, expect, it } from "vitest";
import { BUILD_TYPES, AUTH_TYPES, PROVIDERS } from "../../common/schemas.ts";
import { DEPLOYMENT_STATUSES, STEP_NAMES, STEP_STATUSES, TRIGGERS } from "../../common/deployment.ts";
import { ERROR_CODES, IGNORE_CODES } from "../../common/error-codes.ts";
import en from "../../frontend/src/lang/en.json";

function textAt(path: string): unknown {
    return path.split(".").reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], en);
}

describe("en.json", () => {
    it.each([
        ["status", DEPLOYMENT_STATUSES],
        ["step", STEP_NAMES],
        ["stepStatus", STEP_STATUSES],
        ["trigger", TRIGGERS],
        ["provider", PROVIDERS],
        ["git.usernameHint", PROVIDERS],
        ["deployKey.steps", PROVIDERS],
        ["webhook.steps", PROVIDERS],
        ["authType", AUTH_TYPES],
        ["buildType", BUILD_TYPES],
        ["buildTypeHint", BUILD_TYPES],
        ["ignoreCode", IGNORE_CODES],
        ["ignoreReason", IGNORE_CODES],
    ])("has a text in %s for each value", (place, values) => {
        expect(values.filter((value) => textAt(`${place}.${value}`) === undefined)).toEqual([]);
    });

    it("says of each error code what it means", () => {
        expect(ERROR_CODES.filter((code) => textAt(`errors.${code}`) === undefined)).toEqual([]);
    });

    it("has hints for known codes only", () => {
        expect(Object.keys(en.hints).filter((code) => !(ERROR_CODES as readonly string[]).includes(code))).toEqual([]);
    });
});
