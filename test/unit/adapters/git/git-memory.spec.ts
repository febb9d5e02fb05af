import { expect, it } from "vitest";
import { RecentlyRead } from "../../../../backend/adapters/git/git-memory.ts";

it("what was read lately is kept up to a limit, and what is used least goes first", () => {
    const memory = new RecentlyRead<string>(12, (text) => text.length);
    memory.set("a", "aaa");
    memory.set("b", "bbb");
    memory.set("b", "bbb");
    memory.set("c", "ccc");
    memory.set("d", "ddd");
    expect(memory.get("a")).toBe("aaa");
    memory.set("e", "ee");
    expect(["a", "b", "c", "d", "e"].map((key) => memory.get(key))).toEqual(["aaa", undefined, "ccc", "ddd", "ee"]);
    memory.set("large", "llll");
    expect(memory.get("large")).toBeUndefined();
});
