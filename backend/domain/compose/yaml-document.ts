import { isMap, isScalar, isSeq, parseDocument, YAMLParseError, type Document, type DocumentOptions, type ParseOptions, type SchemaOptions } from "yaml";

/**
 * Parses YAML that a stranger may have written, in linear time: the library compares each key with all keys before it, which keeps the whole
 * server waiting for minutes over a file of one MiB. A key that comes twice is an error all the same.
 */
export function parseYamlDocument(text: string, options: ParseOptions & DocumentOptions & SchemaOptions = {}): Document.Parsed {
    const document = parseDocument(text, { ...options, uniqueKeys: false });
    const rest: unknown[] = [document.contents];
    while (rest.length > 0) {
        const node = rest.pop();
        if (isSeq(node)) {
            node.items.forEach((item) => rest.push(item));
        } else if (isMap(node)) {
            const seen = new Set<unknown>();
            for (const { key, value } of node.items) {
                rest.push(key, value);
                if (isScalar(key) && seen.has(key.value)) {
                    const at = key.range?.[0] ?? 0;
                    document.errors.push(new YAMLParseError([at, at + 1], "DUPLICATE_KEY", "Map keys must be unique"));
                } else if (isScalar(key)) {
                    seen.add(key.value);
                }
            }
        }
    }
    return document;
}
