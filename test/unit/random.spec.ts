import { expect, it } from "vitest";
import { z } from "zod";
import { systemRandom, timeOrderedUuid } from "../../backend/random.ts";

it("makes a UUID of version 7 that begins with the time", () => {
    const id = timeOrderedUuid(0x0190_1234_5678);
    expect(id).toMatch(/^01901234-5678-7/);
    expect(z.uuidv7().safeParse(id).success).toBe(true);
});

it("orders ids of different milliseconds by time, also over the years", () => {
    const times = [0, 1, 1_700_000_000_000, 1_700_000_000_001, 4_000_000_000_000];
    const ids = times.map(timeOrderedUuid);
    expect(ids.toSorted()).toEqual(ids);
});

it("never gives the same id twice", () => {
    const ids = Array.from({ length: 10_000 }, () => systemRandom.uuid());
    expect(new Set(ids).size).toBe(ids.length);
});
