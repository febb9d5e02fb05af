import { describe, expect, it } from "vitest";
import { formatLogLine, parseLogLine } from "../../../common/log-line.ts";

describe("a line of a deployment's log", () => {
    it("is read as it was written, also with tabs in its text", () => {
        const line = { time: "2026-11-26T00:00:00.000Z", step: "pre-build", stream: "err", level: "warn", text: "a\tb\t" } as const;
        expect(formatLogLine(line)).toBe("2026-11-26T00:00:00.000Z\tpre-build\terr\twarn\ta\tb\t");
        expect(parseLogLine(formatLogLine(line), 7)).toEqual({ ...line, offset: 7 });
    });

    it.each(["", "2026-11-26T00:00", "2026\tbuild\tout\tinfo", "2026\tbuild\tnowhere\tinfo\ttext"])("%j is torn and no line", (line) => {
        expect(parseLogLine(line, 0)).toBeNull();
    });
});
