import { isMap, isPair, isScalar, parseDocument } from "yaml";

/** Networks that compose files need not name. */
const BUILT_IN: ReadonlySet<string> = new Set(["bridge", "host", "none"]);

export function joinableNetworks(all: readonly string[]): string[] {
    return all.filter((name) => !BUILT_IN.has(name));
}

/**
 * The file with a network that exists already, added at its top level; every other byte stays as it is.
 * @returns null when the file has it already, is no YAML, or is written in a way that nothing can be added to
 */
export function withExternalNetwork(yaml: string, name: string): string | null {
    const document = parseDocument(yaml, { logLevel: "silent" });
    const { contents } = document;
    if (document.errors.length > 0 || !isMap(contents) || contents.flow === true) {
        return null;
    }
    const lineEnd = yaml.includes("\r\n") ? "\r\n" : "\n";
    const key = /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(name) ? name : JSON.stringify(name);
    const entry = (indent: string) => `${indent}${key}:${lineEnd}${indent}  external: true${lineEnd}`;
    const pair = contents.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === "networks");
    if (pair === undefined) {
        const gap = yaml === "" || yaml.endsWith("\n") ? "" : lineEnd;
        return `${yaml}${gap}networks:${lineEnd}${entry("  ")}`;
    }
    const networks = pair.value;
    if (isMap(networks) && networks.flow !== true && networks.items.length > 0) {
        const first = networks.items[0]?.key;
        if (networks.has(name) || !isScalar(first) || !first.range) {
            return null;
        }
        const start = yaml.lastIndexOf("\n", first.range[0]) + 1;
        const indent = yaml.slice(start, first.range[0]);
        return /^ +$/.test(indent) ? yaml.slice(0, start) + entry(indent) + yaml.slice(start) : null;
    }
    const keyEnd = isScalar(pair.key) ? pair.key.range?.[1] : undefined;
    const isEmpty = networks === null || (isScalar(networks) && networks.value === null && networks.source === "");
    if (!isEmpty || keyEnd === undefined) {
        return null;
    }
    const lineStop = yaml.indexOf("\n", keyEnd);
    return lineStop === -1 ? `${yaml}${lineEnd}${entry("  ")}` : yaml.slice(0, lineStop + 1) + entry("  ") + yaml.slice(lineStop + 1);
}
