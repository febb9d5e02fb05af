import { expect, it } from "vitest";
import { imagePart, isPinned, keepTag } from "../../../../backend/domain/compose/image-name.ts";
import { timeOrderedUuid } from "../../../../backend/random.ts";

const REFERENCE = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*:[\w][\w.-]{0,127}$/;

it.each(["web", "Web", "my_service", "a.b", "--", "UPPER"])("gives the service %s a tag that Docker accepts", (service) => {
    expect(keepTag("blog", service, "0123456789abcdef", "f00dcafe-1")).toMatch(REFERENCE);
});

it("never gives two services the same tag", () => {
    const names = ["web", "Web", "we.b", "we-b", "we_b"];
    expect(new Set(names.map((name) => keepTag("s", name, "0123456789abcdef", "f00dcafe"))).size).toBe(names.length);
});

it("never gives two deployments of one commit the same tag, however soon they follow each other", () => {
    const tags = [1, 2, 3].map(() => keepTag("s", "web", "0123456789abcdef", timeOrderedUuid(1_700_000_000_000)));
    expect(new Set(tags).size).toBe(tags.length);
});

it.each(["blog-", "a__-b", "x--", "a_-_b"])("makes an image name of the stack %s", (stack) => {
    expect(`${imagePart(stack)}:latest`).toMatch(REFERENCE);
});

it("knows what no tag can move", () => {
    expect(isPinned(`nginx@sha256:${"a".repeat(64)}`)).toBe(true);
    expect(isPinned("nginx:1.27")).toBe(false);
});
