import { readFileSync } from "node:fs";

/** Of this product. The package file lies beside `backend/`, or one folder up from the compiled one. */
export function readVersion(): string {
    for (const place of ["../package.json", "../../package.json"]) {
        try {
            return (JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8")) as { version: string }).version;
        } catch {
            // Try the next place.
        }
    }
    return "unknown";
}
