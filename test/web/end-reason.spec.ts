import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import { supersededBy } from "../../backend/domain/superseded-by.ts";
import DeploymentRow from "../../frontend/src/components/deployments/DeploymentRow.vue";
import de from "../../frontend/src/lang/de.json";
import { readEndReason } from "../../frontend/src/server/end-reason.ts";
import { deploymentRow, surroundings } from "./fixtures/test-server.ts";

const COMMIT = "9c2f1ab4d0e35a7788b1c2d3e4f5061728394a5b";
const newer = { kind: "deploy", commitSha: null, tag: null, branch: null } as const;

describe("why a run ended", () => {
    it.each([
        ["a commit", { ...newer, commitSha: COMMIT, tag: "v1" }, "endReason.newerCommit", { commit: "9c2f1ab4d0e3" }],
        ["a tag", { ...newer, tag: "v1.2 of all" }, "endReason.newerTag", { tag: "v1.2 of all" }],
        ["a branch", { ...newer, branch: "feature/took its place" }, "endReason.newerBranch", { branch: "feature/took its place" }],
        ["nothing that is known", newer, "errors.SUPERSEDED", {}],
        ["a rollback", { ...newer, kind: "rollback" as const }, "endReason.rollback", {}],
        ["a rollback to a commit", { ...newer, kind: "rollback" as const, commitSha: COMMIT }, "endReason.rollbackTo", { commit: "9c2f1ab4d0e3" }],
    ])("is read from what the server says of a run that gave way to %s", (_what, by, key, values) => {
        expect(readEndReason("SUPERSEDED", supersededBy(by))).toEqual({ key, values });
    });

    it("is not made up where the sentence is another one, or belongs to another code", () => {
        expect(readEndReason("SUPERSEDED", "Something else took its place.")).toBeNull();
        expect(readEndReason("BUILD_FAILED", "Cancelled by ada.")).toBeNull();
        expect(readEndReason(null, "Cancelled by ada.")).toBeNull();
    });

    it("is said in the language of the page, with the name in it", () => {
        const said = (locale: "en" | "de", error: string): string => {
            const around = surroundings();
            const i18n = around.plugins[0] as { global: { locale: { value: string }; setLocaleMessage: (locale: string, texts: object) => void } };
            i18n.global.setLocaleMessage("de", de);
            i18n.global.locale.value = locale;
            return mount(DeploymentRow, { props: { deployment: deploymentRow({ status: "cancelled", errorCode: "CANCELLED_BY_USER", error }), repository: null }, global: around }).get("[data-testid=row-reason]").text();
        };
        expect(said("de", "Cancelled by ada {x}.")).toBe("ada {x} hat es abgebrochen.");
        expect(said("de", "Some other words.")).toBe("Jemand hat es abgebrochen.");
        expect(said("en", "Cancelled by ada.")).toBe("Cancelled by ada.");
    });
});
