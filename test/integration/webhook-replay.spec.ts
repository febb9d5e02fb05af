import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Deployment, WebhookEvent } from "../../backend/domain/entities.ts";
import { aDelivery, aDeployment, aRepository, random } from "../fixtures/rows.ts";
import { temporaryDatabase, type TemporaryDatabase } from "../fixtures/temporary-database.ts";

describe("a delivery that is sent again under another id", () => {
    let database: TemporaryDatabase;
    const repository = aRepository();

    beforeEach(async () => {
        database = await temporaryDatabase();
        await database.stores.repositories.insert(repository);
    });
    afterEach(async () => {
        await database.remove();
    });

    const delivery = (values: Partial<WebhookEvent> = {}) =>
        aDelivery({ id: random.uuid(), repositoryId: repository.id, provider: "github", deliveryId: random.uuid(), signature: `sha256=${"a".repeat(64)}`, verified: true, deploymentId: null, ...values });
    /** Each of another commit, as one of the same would join the run that waits. */
    let commits = 0;
    const deployment = (): Deployment => aDeployment({ id: random.uuid(), repositoryId: repository.id, stackId: repository.stackId, commitSha: (++commits).toString(16).padStart(40, "c") });
    const record = async (event: WebhookEvent, led: Deployment | null = deployment()) => await database.stores.webhookEvents.record(event, led);
    const count = async () => (await database.stores.webhookEvents.page(repository.id, { page: 1, perPage: 20 })).total;

    it("leads to nothing when its bytes have led to a deployment, and is answered with that one", async () => {
        const first = await record(delivery());
        const again = await record(delivery());
        expect(again).toMatchObject({ outcome: "duplicate", deployment: { id: first.deployment?.id } });
        expect(await record(delivery())).toMatchObject({ outcome: "duplicate", event: { verdict: "duplicate", deploymentId: first.deployment?.id } });
        expect(await count()).toBe(3);
        expect((await database.stores.webhookEvents.byDeployment(first.deployment?.id ?? ""))?.id).toBe(first.event.id);
    });

    it("leads to a deployment when nothing came of it before, or something else was signed", async () => {
        expect(await record(delivery(), null)).toMatchObject({ outcome: "recorded" });
        expect(await record(delivery())).toMatchObject({ outcome: "queued" });
        expect(await record(delivery({ signature: `sha256=${"b".repeat(64)}` }))).toMatchObject({ outcome: "queued" });
        expect(await count()).toBe(3);
    });

    it.each([
        ["its sender signs a few words only", { provider: "generic" }],
        ["its sender signs nothing", { provider: "gitlab", signature: null }],
    ] as const)("leads to another deployment when %s", async (_why, values) => {
        await record(delivery(values));
        expect(await record(delivery(values))).toMatchObject({ outcome: "queued" });
    });

    it("is not taken for a replay by somebody who cannot sign", async () => {
        await record(delivery());
        expect(await record(delivery({ verified: false }), null)).toMatchObject({ outcome: "recorded" });
    });
});
