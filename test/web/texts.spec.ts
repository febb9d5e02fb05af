import { describe, expect, it } from "vitest";
import { BUILD_TYPES, AUTH_TYPES, PROVIDERS } from "../../common/schemas.ts";
import { DEPLOYMENT_STATUSES, STEP_NAMES, STEP_STATUSES, TRIGGERS } from "../../common/deployment.ts";
import { ERROR_CODES, IGNORE_CODES } from "../../common/error-codes.ts";
import en from "../../frontend/src/lang/en.json";

const sources = import.meta.glob<string>("../../frontend/src/**/*.{vue,ts}", { query: "?raw", import: "default", eager: true });

function textAt(path: string): unknown {
    return path.split(".").reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], en);
}

describe("en.json", () => {
    it("has every text that is asked for by its whole name", () => {
        const missing = Object.entries(sources).flatMap(([file, source]) =>
            [...source.matchAll(/\bt\(\s*"([\w.-]+)"/g), ...source.matchAll(/\bt\('([\w.-]+)'/g), ...source.matchAll(/label: "([\w]+\.[\w.]+)"/g)].map(([, key]) => key ?? "").filter((key) => typeof textAt(key) !== "string").map((key) => `${file}: ${key}`),
        );
        expect(missing).toEqual([]);
    });

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
    ])("has a text in %s for each value", (place, values) => {
        expect(values.filter((value) => textAt(`${place}.${value}`) === undefined)).toEqual([]);
    });

    it("has hints for known codes only", () => {
        expect(Object.keys(en.hints).filter((code) => !(ERROR_CODES as readonly string[]).includes(code))).toEqual([]);
    });

    it("has no text written into a template", () => {
        const found = Object.entries(sources).flatMap(([file, source]) => {
            const template = /<template>([\s\S]*)<\/template>/.exec(source)?.[1] ?? "";
            const texts = template.replace(/\{\{[\s\S]*?\}\}/g, "").replace(/<!--[\s\S]*?-->/g, "").replace(/<(?:"[^"]*"|'[^']*'|[^>"'])*>/g, "\n");
            return texts.split("\n").map((text) => text.trim()).filter((text) => /[A-Za-z]{2,}/.test(text) && !/^&\w+;/.test(text)).map((text) => `${file}: ${text}`);
        });
        expect(found).toEqual([]);
    });
});
