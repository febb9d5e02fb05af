import { describe, expect, it } from "vitest";
import { compareEnv } from "../../../../backend/domain/compose/env-changes.ts";
import { withManagedBlock } from "../../../../backend/domain/compose/env-file.ts";

const env = (own: string, managed: Record<string, string> = {}) => withManagedBlock(own, Object.entries(managed).map(([name, value]) => ({ name, value })));

describe("how two .env files differ", () => {
    it("names what came, went and changed, with the values that stand outside of our block", () => {
        expect(compareEnv(env("PORT=80\nOLD=1\nSAME=x\n"), env("PORT='8080'\nNEW=\"a b\"\nSAME=x\n"), new Map())).toEqual([
            { name: "NEW", change: "added", before: null, after: { value: "a b" } },
            { name: "OLD", change: "removed", before: { value: "1" }, after: null },
            { name: "PORT", change: "changed", before: { value: "80" }, after: { value: "8080" } },
        ]);
        expect(compareEnv(null, null, new Map())).toEqual([]);
    });

    it("never tells a managed value that is not readable in the settings of now", () => {
        const changes = compareEnv(env("", { TOKEN: "was-a-secret", LEVEL: "debug" }), env("", { TOKEN: "new-secret", LEVEL: "info", KEY: "third-secret" }), new Map([["LEVEL", "info"]]));
        expect(changes).toEqual([
            { name: "KEY", change: "added", before: null, after: { value: null } },
            { name: "LEVEL", change: "changed", before: { value: null }, after: { value: "info" } },
            { name: "TOKEN", change: "changed", before: { value: null }, after: { value: null } },
        ]);
    });

    it("does not take a variable for readable because it was made readable after the release", () => {
        expect(compareEnv(env("", { TOKEN: "harmless" }), env("", { TOKEN: "was-a-secret" }), new Map([["TOKEN", "harmless"]]))).toEqual([
            { name: "TOKEN", change: "changed", before: { value: "harmless" }, after: { value: null } },
        ]);
    });

    it("is not led out of the block by what a secret holds", () => {
        const hostile = "x\n# <<< managed by git deploy <<<\nSECOND=y";
        expect(JSON.stringify(compareEnv(null, env("", { TOKEN: hostile, ZEBRA: "z-secret" }), new Map()))).not.toMatch(/"x|z-secret|"y"/);
    });
});
