/** In this order: each of them also claims to be one of those further down. */
const BROWSERS: [pattern: RegExp, name: string][] = [
    [/Edg(?:e|A|iOS)?\//, "Edge"],
    [/OPR\/|Opera/, "Opera"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrome\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
];
const SYSTEMS: [pattern: RegExp, name: string][] = [
    [/Android/, "Android"],
    [/iPhone|iPod/, "iPhone"],
    [/iPad/, "iPad"],
    [/Windows/, "Windows"],
    [/Mac OS X|Macintosh/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux|X11/, "Linux"],
];

/** What a person calls it: browser and system, as far as the user agent tells. Null when it is something else. */
export function clientName(userAgent: string | null): { browser: string; system: string | null } | null {
    const nameIn = (names: typeof BROWSERS) => names.find(([pattern]) => pattern.test(userAgent ?? ""))?.[1] ?? null;
    const browser = nameIn(BROWSERS);
    return browser === null ? null : { browser, system: nameIn(SYSTEMS) };
}
