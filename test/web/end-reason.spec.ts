import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import { judgeHealth } from "../../backend/domain/health.ts";
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

    it.each([
        [{ state: "exited", exitCode: 3 }, "endReason.exited", { container: "blog-web-1", exitCode: "3" }],
        [{ state: "restarting", exitCode: 1, restartCount: 9 }, "endReason.restarts", { container: "blog-web-1", exitCode: "1", count: "9" }],
        [{ health: "unhealthy", lastHealthOutput: "wget: refused.\nGave up" }, "endReason.unhealthy", { container: "blog-web-1", output: "wget: refused.\nGave up" }],
    ] as const)("is read from what the server says of a container: %o", (state, key, values) => {
        const container = { id: "1", service: "web", name: "blog-web-1", state: "running", health: null, exitCode: null, restartCount: 0, lastHealthOutput: null, ...state };
        const verdict = judgeHealth([{ name: "web", isLongRunning: true }], [container] as never, new Map());
        expect(verdict.kind).toBe("failed");
        const { code, message } = verdict as Extract<typeof verdict, { kind: "failed" }>;
        expect(readEndReason(code, `${message}. The container's last lines are in the log.`)).toEqual({ key, values });
        // With what else there is to say, the server's own sentence is shown.
        expect(readEndReason(code, `${message}. The container's last lines are in the log. This was the first release of the stack, so there is none to return to.`)).toBeNull();
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
