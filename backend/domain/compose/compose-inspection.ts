import path from "node:path/posix";

/**
 * What a compose file reaches outside of its stack. A finding is shown in the log of a trusted stack and stops an untrusted one;
 * an escape stops every stack: what nobody can look at first, or what means something else while building than after the release.
 */
export interface PolicyFinding {
    kind: "finding" | "escape";
    /** Such as `services.web.volumes`. */
    at: string;
    message: string;
}

/** Where the variables of an included file come from, besides those of the file that includes it, which win. Relative to the checkout, or of this machine. */
export interface IncludeScope {
    projectDirectory: string;
    /** None: the `.env` in `projectDirectory`, if there is one. */
    envFiles: string[];
}

export interface ComposeReference {
    /** Relative to the checkout. */
    path: string;
    /** Where its relative paths start, which need not be where it lies: relative to the checkout. */
    folder: string;
    /** null: it is extended, with the variables of the file that does so. */
    scope: IncludeScope | null;
}

/** A path as Compose reads it, when the variables in it have been put in. */
export interface NamedPath {
    value: string;
    /** Where it starts when it is relative: relative to the checkout. */
    folder: string;
}

/** How a compose file is read. */
export interface ComposeReading {
    /** What texts with variables stand for; a path whose text is not in there is refused. */
    values?: ReadonlyMap<string, string>;
    /** Where a path with a variable starts, when not where the others do: rendering leaves it as it is. */
    variablesFolder?: string;
    /** How many files include one another on the way to this one. */
    depth?: number;
}

/** Collects what one compose file names. */
export class ComposeInspection {
    readonly findings: PolicyFinding[] = [];
    /** Further compose files that this one reads, to be inspected too. */
    readonly references: ComposeReference[] = [];
    /** Files of this machine that Compose would open: where each is named, and its absolute path or one from `~`. */
    readonly hostFiles: { at: string; path: string }[] = [];
    /** Paths that hold variables and were not among the values. */
    readonly undecided: string[] = [];
    readonly #folder: string;
    readonly #variablesFolder: string;
    readonly #values: ReadonlyMap<string, string>;

    constructor(folder: string, { values = new Map(), variablesFolder = folder }: ComposeReading) {
        this.#folder = folder;
        this.#variablesFolder = variablesFolder;
        this.#values = values;
    }

    find(at: string, message: string): void {
        this.findings.push({ kind: "finding", at, message });
    }

    refuse(at: string, message: string): void {
        this.findings.push({ kind: "escape", at, message });
    }

    /** What one text or a list of texts says. Empty ones name nothing. */
    paths(at: string, value: unknown): NamedPath[] {
        return listOf(value).flatMap((item) => {
            const named = typeof item === "string" ? this.#text(at, item) : null;
            return named === null || named.value === "" ? [] : [named];
        });
    }

    /** What a map says, or a list of `name=value`, whose variables may hold the `=`. */
    pairs(at: string, value: unknown): [string, NamedPath][] {
        if (!Array.isArray(value)) {
            return Object.entries(mapOf(value)).flatMap(([name, item]) => this.paths(at, item).map((named): [string, NamedPath] => [name, named]));
        }
        return this.paths(at, value).map(({ value: item, folder }) => {
            const [name = "", ...rest] = item.split("=");
            return [name, { value: rest.join("="), folder }];
        });
    }

    #text(at: string, text: string): NamedPath | null {
        if (!text.includes("$")) {
            return { value: text, folder: this.#folder };
        }
        const value = this.#values.get(text);
        if (value === undefined) {
            this.undecided.push(text);
            this.refuse(at, `names ${text}, and what its variables stand for is not known`);
            return null;
        }
        return { value, folder: this.#variablesFolder };
    }

    /** The file's own folder, as far as its paths are concerned. @param isWritten the path is there and empty, which rendering leaves as it is */
    ownFolder(isWritten: boolean): NamedPath {
        return { value: ".", folder: isWritten ? this.#variablesFolder : this.#folder };
    }

    /** Where a path leads: relative to the checkout, or of this machine. */
    placeOf({ value, folder }: NamedPath): string {
        if (isOfMachine(value)) {
            return value;
        }
        const place = path.join(folder, value);
        // A folder of the checkout may have that name, too.
        return place.startsWith("~") ? `./${place}` : place;
    }

    /** A file that Compose opens on the server. */
    readFile(at: string, named: NamedPath): void {
        this.#inside(at, named, "reads");
    }

    /** A compose file, which has to be looked at as this one is. */
    readComposeFile(at: string, named: NamedPath, reference: Omit<ComposeReference, "path">): void {
        if (isRemoteFile(named.value)) {
            this.refuse(at, `reads ${named.value} from the network, and a compose file must be part of the repository`);
        } else if (isOfMachine(named.value)) {
            // Compose itself takes a `~` for the home folder in some places, and for a folder of the checkout in others.
            this.refuse(at, `reads ${named.value} of the host, and a compose file must be part of the repository`);
        } else {
            const inside = this.#inside(at, named, "reads");
            if (inside !== null) {
                this.references.push({ path: inside, ...reference });
            }
        }
    }

    /** What Docker opens as it stands there, from the root of the checkout, wherever the compose file lies. */
    readAsWritten(at: string, value: string | undefined): void {
        if (value !== undefined && value !== "") {
            if (isOfMachine(value)) {
                this.readFile(at, { value, folder: "." });
            } else if (leaves(path.normalize(value))) {
                this.refuse(at, `reads ${value}, which lies outside the repository`);
            }
        }
    }

    /** A build context or Dockerfile: it must be part of the checkout, or nobody could say what was built. */
    readFolder(at: string, named: NamedPath): void {
        const place = this.placeOf(named);
        if (isOfMachine(place)) {
            this.refuse(at, `builds from ${place}, which is not part of the repository`);
        } else {
            this.#inside(at, named, "builds from");
        }
    }

    /** What only containers see: its variables are not asked for. */
    mount(at: string, value: unknown): void {
        if (typeof value !== "string" || value === "") {
            return;
        }
        const place = this.placeOf({ value, folder: this.#folder });
        if (/docker\.sock$/.test(value)) {
            this.find(at, "mounts the Docker socket: it controls this host");
        } else if (isOfMachine(place)) {
            this.find(at, `mounts ${place} of the host`);
        } else if (value.includes("$")) {
            this.find(at, `mounts ${value}, which a variable decides`);
        } else if (leaves(place)) {
            this.find(at, `mounts ${value}, which lies outside the stack folder`);
        }
    }

    /** The path relative to the checkout, or null when it does not lie in it. */
    #inside(at: string, named: NamedPath, verb: string): string | null {
        const place = this.placeOf(named);
        if (isOfMachine(place)) {
            this.find(at, `${verb} ${place} of the host`);
            this.hostFiles.push({ at, path: place });
            return null;
        }
        if (leaves(place)) {
            this.refuse(at, `${verb} ${named.value}, which lies outside the repository`);
            return null;
        }
        return place;
    }
}

export function isOfMachine(place: string): boolean {
    return place.startsWith("/") || place.startsWith("~");
}

/**
 * What Compose fetches instead of opening it, and more: behind a colon in front of the first slash may stand any kind of address.
 * @see https://github.com/docker/compose/tree/main/pkg/remote
 */
function isRemoteFile(value: string): boolean {
    return /^[^/]*:|^github\.com\//.test(value);
}

function leaves(joined: string): boolean {
    return joined === ".." || joined.startsWith("../");
}

export function mapOf(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function listOf(value: unknown): unknown[] {
    if (Array.isArray(value)) {
        return value;
    }
    return value === undefined || value === null ? [] : [value];
}
