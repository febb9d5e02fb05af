import { describe, expect, it } from "vitest";
import { maskPayload } from "../../../backend/domain/mask-payload.ts";

describe("a payload as it is shown", () => {
    it.each([
        ['{"secret":"s3cret","ref":"refs/heads/main"}', '{"secret":"***","ref":"refs/heads/main"}'],
        ['{"hook":{"config":{"webhook_secret": "a\\"b"}}}', '{"hook":{"config":{"webhook_secret": "***"}}}'],
        ['{"access_token":"t","token_count":3}', '{"access_token":"***","token_count":3}'],
        ['{"message":"rotate the secret"}', '{"message":"rotate the secret"}'],
    ])("%s", (payload, shown) => expect(maskPayload(payload)).toBe(shown));
});
