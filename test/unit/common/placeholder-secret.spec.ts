import { expect, it } from "vitest";
import { repositoryInput, rotateSecretInput } from "../../../common/schemas.ts";

it.each(["a_random_secret", "changeme", "your-secret-here", "webhook_secret", "password1", "12345678", "********"])("R10: the placeholder %s is no webhook secret", (webhookSecret) => {
    expect(repositoryInput.safeParse({ webhookSecret }).success).toBe(false);
    expect(rotateSecretInput.safeParse({ webhookSecret }).success).toBe(false);
});

it("takes what somebody made up", () => {
    expect(repositoryInput.safeParse({ webhookSecret: "It's a Secret to Everybody" }).success).toBe(true);
    expect(repositoryInput.safeParse({ webhookSecret: "webhook-secret-of-blog-7f3a" }).success).toBe(true);
});
