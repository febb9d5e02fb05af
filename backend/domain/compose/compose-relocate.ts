import path from "node:path/posix";
import { isAlias, isMap, isScalar, isSeq, visit, type Document, type YAMLMap } from "yaml";
import { DeployError } from "../errors.ts";
import { parseYamlDocument } from "./yaml-document.ts";

/**
 * Renders a compose file that lies in a folder of the repository for the root of the stack folder:
 * every relative path in it is rewritten, everything else (comments too) stays as it is.
 * @param composePath where the file lies, such as `deploy/compose.yaml`
 * @returns the text with a header that names its origin, and the paths that hold a variable and so could not be rewritten
 * @throws COMPOSE_INVALID
 */
export function relocateCompose(source: string, composePath: string): { text: string; unresolved: string[] } {
    const document = parseComposeDocument(source, composePath);
    const folder = path.dirname(composePath);
    const unresolved: string[] = [];
    if (folder !== ".") {
        rewritePaths(document, (value) => {
            if (value.includes("$")) {
                unresolved.push(value);
                return value;
            }
            return value.startsWith("/") || value.startsWith("~") ? value : relative(path.join(folder, value));
        });
    }
    return { text: written(document, composePath), unresolved };
}

/** @throws COMPOSE_INVALID */
function written(document: Document.Parsed, composePath: string): string {
    const header = ` Rendered from ${composePath} by git deploy at each release: change that file in the repository, not this one.`;
    document.commentBefore = document.commentBefore ? `${header}\n${document.commentBefore}` : header;
    return refusing(composePath, () => document.toString({ lineWidth: 0, flowCollectionPadding: false }));
}

/** Parsing holds up everything else for a second per few hundred KiB; the largest stacks that people share have a tenth of this. */
const MAX_COMPOSE_LENGTH = 512 * 1024;

/** @throws COMPOSE_INVALID with line and column */
export function parseComposeDocument(source: string, composePath: string): Document.Parsed {
    if (source.length > MAX_COMPOSE_LENGTH) {
        throw new DeployError("COMPOSE_INVALID", `${composePath} is larger than ${MAX_COMPOSE_LENGTH / 1024} KiB. Split it by include.`);
    }
    const document = refusing(composePath, () => parseYamlDocument(source, { merge: true }));
    const problem = document.errors[0];
    if (problem !== undefined) {
        const position = problem.linePos?.[0];
        const where = position === undefined ? "" : ` (line ${position.line}, column ${position.col})`;
        throw new DeployError("COMPOSE_INVALID", `${composePath} is not valid YAML${where}: ${problem.message.split("\n")[0] ?? ""}`);
    }
    refusing(composePath, () => refuseTags(document));
    if (!isMap(document.contents)) {
        throw new DeployError("COMPOSE_INVALID", `${composePath} is not a compose file: it has no services.`);
    }
    return document;
}

/** Compose's own, and those that say what a value looks like anyway. */
const KNOWN_TAGS = new Set(["!reset", "!override", ...["str", "int", "float", "bool", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`)]);

/** Under any other tag, Compose reads something else than we look at: a `!!binary` path is no text here and one there. */
function refuseTags(document: Document.Parsed): void {
    visit(document, {
        Value: (_key, { tag }) => {
            if (tag !== undefined && !KNOWN_TAGS.has(tag)) {
                throw new Error(`the tag ${tag} is not one of a compose file`);
            }
        },
    });
}

/** The content with aliases resolved. @throws COMPOSE_INVALID, also for aliases that multiply into a bomb */
export function composeContent(source: string, composePath: string): unknown {
    const document = parseComposeDocument(source, composePath);
    return refusing(composePath, () => document.toJS({ maxAliasCount: 1000 }) as unknown);
}

/** What the parser throws is about the text: anchors that multiply, nesting that exhausts its stack, `<<` of something that has no keys. */
function refusing<T>(composePath: string, work: () => T): T {
    try {
        return work();
    } catch (error) {
        const reason = error instanceof ReferenceError ? "repeats its anchors too often" : error instanceof RangeError ? "is nested too deeply" : `is not valid YAML: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
        throw new DeployError("COMPOSE_INVALID", `${composePath} ${reason}.`, { cause: error });
    }
}

function relative(joined: string): string {
    return joined.startsWith("../") || joined === ".." ? joined : `./${joined}`.replace("/./", "/");
}

/** A relative path and not a volume's name, a URL, or an absolute path. */
function isRelativePath(value: string): boolean {
    return value.startsWith("./") || value.startsWith("../") || value === "." || value === "..";
}

/** Every place where the Compose specification takes a path that is relative to the file. */
function rewritePaths(document: Document.Parsed, rewrite: Rewrite): void {
    const tree = new Tree(document, rewrite);
    for (const root of tree.maps(document.contents)) {
        for (const item of tree.items(root, "include")) {
            tree.scalar(item);
            for (const map of tree.maps(item)) {
                tree.scalars(map, "path");
                tree.scalars(map, "env_file");
                tree.scalars(map, "project_directory");
            }
        }
        for (const entry of [...tree.entries(root, "configs"), ...tree.entries(root, "secrets")]) {
            tree.scalars(entry, "file");
        }
        for (const service of tree.entries(root, "services")) {
            rewriteService(tree, service);
        }
        for (const volume of tree.entries(root, "volumes")) {
            for (const options of tree.children(volume, "driver_opts")) {
                tree.scalars(options, "device", isRelativePath);
            }
        }
    }
}

function rewriteService(tree: Tree, service: YAMLMap): void {
    const isLocal = (value: string) => !isRemoteContext(value);
    tree.scalars(service, "build", isLocal);
    for (const build of tree.children(service, "build")) {
        tree.scalars(build, "context", isLocal);
        for (const contexts of tree.children(build, "additional_contexts")) {
            for (const pair of contexts.items) {
                tree.scalar(pair.value, isLocalContext);
            }
        }
        for (const item of tree.items(build, "additional_contexts")) {
            tree.named(item, isLocalContext);
        }
    }
    tree.scalars(service, "env_file");
    tree.scalars(service, "label_file");
    for (const entry of tree.items(service, "env_file").flatMap((item) => tree.maps(item))) {
        tree.scalars(entry, "path");
    }
    for (const extending of tree.children(service, "extends")) {
        tree.scalars(extending, "file");
    }
    for (const volume of tree.items(service, "volumes")) {
        tree.bind(volume);
        for (const map of tree.maps(volume)) {
            tree.scalars(map, "source", () => map.get("type") === "bind");
        }
    }
    for (const develop of tree.children(service, "develop")) {
        for (const watch of tree.items(develop, "watch").flatMap((item) => tree.maps(item))) {
            tree.scalars(watch, "path");
        }
    }
    for (const credential of tree.children(service, "credential_spec")) {
        tree.scalars(credential, "file");
    }
}

type Rewrite = (value: string) => string;

/** Looks into a document as Compose does: through aliases and `<<` merges. Each scalar is rewritten once, however often it is met. */
class Tree {
    readonly #document: Document.Parsed;
    readonly #rewrite: Rewrite;
    readonly #done = new Set<unknown>();

    constructor(document: Document.Parsed, rewrite: Rewrite) {
        this.#document = document;
        this.#rewrite = rewrite;
    }

    /** The node when it is a map, followed by the maps merged into it. */
    maps(node: unknown): YAMLMap[] {
        const resolved = this.#resolve(node);
        if (!isMap(resolved)) {
            return [];
        }
        const merged = resolved.items.filter((pair) => isScalar(pair.key) && pair.key.value === "<<").map((pair) => this.#resolve(pair.value));
        return [resolved, ...merged.flatMap((value) => (isSeq(value) ? value.items : [value])).flatMap((value) => this.maps(value))];
    }

    /** The maps under a key of a map: of itself and of what is merged into it. */
    children(map: YAMLMap, key: string): YAMLMap[] {
        return this.maps(map).flatMap((each) => this.maps(each.get(key, true)));
    }

    /** The values of the map under a key, such as every service under `services`. */
    entries(map: YAMLMap, key: string): YAMLMap[] {
        return this.children(map, key).flatMap((child) => child.items.flatMap((pair) => this.maps(pair.value)));
    }

    items(map: YAMLMap, key: string): unknown[] {
        return this.maps(map).flatMap((each) => {
            const value = this.#resolve(each.get(key, true));
            return isSeq(value) ? value.items : [];
        });
    }

    /** The text, or each text of the list, under a key. */
    scalars(map: YAMLMap, key: string, isPath: (value: string) => boolean = () => true): void {
        for (const each of this.maps(map)) {
            const value = this.#resolve(each.get(key, true));
            for (const item of isSeq(value) ? value.items : [value]) {
                this.scalar(item, isPath);
            }
        }
    }

    scalar(node: unknown, isPath: (value: string) => boolean = () => true): void {
        this.#change(node, (value) => (isPath(value) ? this.#rewrite(value) : value));
    }

    /** A volume in short form, `./path:/target[:mode]`. */
    bind(node: unknown): void {
        this.#change(node, (value) => {
            const colon = value.indexOf(":");
            const hostPath = colon === -1 ? "" : value.slice(0, colon);
            return isRelativePath(hostPath) ? this.#rewrite(hostPath) + value.slice(colon) : value;
        });
    }

    /** A path in a list, `name=path`. */
    named(node: unknown, isPath: (value: string) => boolean): void {
        this.#change(node, (value) => {
            const start = value.indexOf("=") + 1;
            const path = value.slice(start);
            return start > 0 && path !== "" && isPath(path) ? value.slice(0, start) + this.#rewrite(path) : value;
        });
    }

    #change(node: unknown, change: Rewrite): void {
        const resolved = this.#resolve(node);
        if (isScalar(resolved) && typeof resolved.value === "string" && resolved.value !== "" && !this.#done.has(resolved)) {
            this.#done.add(resolved);
            resolved.value = change(resolved.value);
        }
    }

    #resolve(node: unknown): unknown {
        return isAlias(node) ? node.resolve(this.#document) : node;
    }
}

/** Compose takes for a folder what only looks like the name of something else, such as `target:x/../..`. */
export function isLocalContext(value: string): boolean {
    return !isRemoteContext(value) && !/^(?:(?:docker-image|oci-layout):\/\/|(?:service|target):[^/]*$)/.test(value);
}

/** A context that Docker fetches itself. */
export function isRemoteContext(value: string): boolean {
    return /^(https?|git|ssh):\/\//.test(value) || /^git@/.test(value) || /^github\.com\//.test(value);
}
