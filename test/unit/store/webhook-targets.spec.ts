import { describe, expect, it } from "vitest";
import type { WebhookTarget } from "../../../backend/domain/ports.ts";
import { WebhookTargets } from "../../../backend/store/webhook-targets.ts";
import { aRepository } from "../../fixtures/rows.ts";

const target = (branch: string): WebhookTarget => ({ repository: aRepository({ id: "r", branch }), config: null });

describe("webhook targets", () => {
    it("are read once, until something is changed", async () => {
        const targets = new WebhookTargets();
        let branch = "main";
        const read = () => Promise.resolve(target(branch));
        await targets.get("r", read);
        branch = "next";
        expect((await targets.get("r", read))?.repository.branch).toBe("main");
        targets.forget();
        expect((await targets.get("r", read))?.repository.branch).toBe("next");
    });

    it("do not keep what was read before a change that came meanwhile", async () => {
        const targets = new WebhookTargets();
        await targets.get("r", () => {
            targets.forget();
            return Promise.resolve(target("old"));
        });
        expect((await targets.get("r", () => Promise.resolve(target("new"))))?.repository.branch).toBe("new");
    });

    it("do not remember ids that strangers make up", async () => {
        const targets = new WebhookTargets();
        expect(await targets.get("r", () => Promise.resolve(null))).toBeNull();
        expect(await targets.get("r", () => Promise.resolve(target("main")))).not.toBeNull();
    });
});
