import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesOfProject, steeringVariable, withManagedBlock, withoutManagedBlock } from "../../../../backend/domain/compose/env-file.ts";

describe("the managed block of .env", () => {
    it("stands at the end and leaves a person's own lines alone", () => {
        const text = withManagedBlock("OWN=1\n# note\n", [{ name: "A", value: "x" }]);
        expect(text).toMatch(/^OWN=1\n# note\n\n# >>> managed/);
        expect(text).toContain("\nA='x'\n");
        expect(withoutManagedBlock(text ?? "")).toBe("OWN=1\n# note\n");
    });

    it("is replaced, not repeated, and goes away with the last variable", () => {
        const once = withManagedBlock("OWN=1\n", [{ name: "A", value: "1" }]);
        const twice = withManagedBlock(once, [{ name: "B", value: "2" }]);
        expect(twice).not.toContain("A=");
        expect(twice?.match(/>>> managed/g)).toHaveLength(1);
        expect(withManagedBlock(twice, [])).toBe("OWN=1\n");
        expect(withManagedBlock(null, [])).toBeNull();
    });

    it("keeps every value on one line, so that none can add a variable or end the block", () => {
        fc.assert(
            fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (value) => {
                const lines = (withManagedBlock(null, [{ name: "A", value }]) ?? "").trimEnd().split("\n");
                expect(lines).toHaveLength(3);
            }),
        );
    });
});

it.each([
    ["COMPOSE_FILE=x", "COMPOSE_FILE"],
    ["A=1\n  export DOCKER_HOST = tcp://x", "DOCKER_HOST"],
    ["COMPOSE_PROFILES=web\nCOMPOSE_PROJECT_NAME=blog\nMY_COMPOSE_FILE=x\n  # COMPOSE_FILE=x", null],
    // Compose reads each of these as an assignment.
    ["\ufeffCOMPOSE_FILE=x", "COMPOSE_FILE"],
    ["\fCOMPOSE_FILE=x", "COMPOSE_FILE"],
    ["\u00a0COMPOSE_FILE\u0085=x", "COMPOSE_FILE"],
    ["export\fCOMPOSE_FILE=x", "COMPOSE_FILE"],
    ['A="1" COMPOSE_FILE=x', "COMPOSE_FILE"],
    ["A='1'COMPOSE_FILE=x", "COMPOSE_FILE"],
    ["export LD_PRELOAD=./evil.so", "LD_PRELOAD"],
    ["AWS_CONFIG_FILE: ./runs-a-program", "AWS_CONFIG_FILE"],
    ["CLOUDSDK_PYTHON=./evil", "CLOUDSDK_PYTHON"],
    ["LD_SDK_KEY=1\nAWS_REGION=x\nPYTHONPATH=/app\nNODE_OPTIONS=--inspect\nHTTPS_PROXY=http://proxy", null],
    ['A="1\n# still the value" COMPOSE_FILE=x', "COMPOSE_FILE"],
])("finds what steers the tools in %j", (text, name) => {
    expect(steeringVariable(text)).toBe(name);
});

it("finds the names that a .env gives to the project", () => {
    expect(namesOfProject("COMPOSE_PROJECT_NAME=a # note\nexport COMPOSE_PROJECT_NAME: 'b c'\nA='1'COMPOSE_PROJECT_NAME=\"${X:-d}\"\nMY_COMPOSE_PROJECT_NAME=e")).toEqual(["a", "b c", "${X:-d}"]);
});
