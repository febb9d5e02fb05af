import { beforeEach, describe, expect, it } from "vitest";
import { StopWaits } from "../../../backend/pipeline/stop-waits.ts";
import { FakeClock } from "../../fixtures/fake-clock.ts";

let clock: FakeClock;
let notes: string[];
let waits: StopWaits;

beforeEach(() => {
    clock = new FakeClock();
    notes = [];
    waits = new StopWaits(clock, (text) => void notes.push(text));
});

describe("waiting for the old container", () => {
    it("is told after a moment, and how long it took", async () => {
        waits.line(" Container blog-web-1  Recreate");
        await clock.advance(1999);
        expect(notes).toEqual([]);
        await clock.advance(8201);
        expect(notes).toEqual([expect.stringContaining("old container blog-web-1 to stop")]);
        waits.line(" Container blog-web-1  \u001b[32mRecreated\u001b[0m");
        expect(notes[1]).toBe("The old container blog-web-1 has stopped after 10.2 s");
    });

    it("is not told for one that stops at once, nor when Compose is done", async () => {
        waits.line(" Container blog-web-1  Stopping");
        waits.line(" Container blog-web-1  Stopped");
        waits.line(" Container blog-db-1  Recreate");
        waits.line("web-1  | Container x  Recreate, said by a program");
        waits.close();
        await clock.advance(60_000);
        expect(notes).toEqual([]);
    });
});
