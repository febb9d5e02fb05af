import { plainText } from "./ansi.ts";
import type { LogStore } from "./log-store.ts";
import { inSlices } from "./time-slices.ts";

/** The text of lines as a person sees it. The browser goes on while it is put together. */
export function textOfLines(log: LogStore, lines: Iterable<number>): Promise<string> {
    const iterator: Iterator<number, unknown> = lines[Symbol.iterator]();
    const texts: string[] = [];
    return new Promise((resolve) => {
        inSlices(() => {
            for (let count = 0; count < 100; count += 1) {
                const next = iterator.next();
                if (next.done === true) {
                    resolve(texts.join("\n"));
                    return false;
                }
                texts.push(plainText(log.line(next.value)?.text ?? ""));
            }
            return true;
        });
    });
}
