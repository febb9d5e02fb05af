import { describe, expect, it } from "vitest";
import { createAppRouter } from "../../frontend/src/router.ts";

describe("the place of a page", () => {
    const router = createAppRouter("/");
    const placeAfter = (from: string, to: string, saved: { left: number; top: number } | null = null) => router.options.scrollBehavior?.(router.resolve(to) as never, router.resolve(from) as never, saved);

    it("is its top, also for another tab of the same stack", () => {
        expect(placeAfter("/new-from-git", "/compose/blog/git")).toEqual({ top: 0 });
        expect(placeAfter("/compose/blog/git", "/compose/blog/deployments/d1")).toEqual({ top: 0 });
    });

    it("stays when only a filter or a chosen line changes, comes back with the page, and is left to what a hash names", () => {
        expect(placeAfter("/compose/blog/deployments", "/compose/blog/deployments?status=failed")).toBe(false);
        expect(placeAfter("/compose/blog/deployments/d1", "/compose/blog/deployments/d1#L5")).toBe(false);
        expect(placeAfter("/compose/blog/deployments/d1", "/compose/blog/deployments", { left: 0, top: 400 })).toEqual({ left: 0, top: 400 });
        expect(placeAfter("/compose/blog", "/compose/blog/git#build")).toBe(false);
    });
});
