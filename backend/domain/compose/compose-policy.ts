import path from "node:path/posix";
import { isLocalContext, isRemoteContext } from "./compose-relocate.ts";

/**
 * What a compose file reaches outside of its stack. A finding is shown in the log of a trusted stack and stops an untrusted one;
 * an escape stops every stack: a relative path that leaves the checkout means something else while building than after the release.
 */
export interface PolicyFinding {
    kind: "finding" | "escape";
    /** Such as `services.web.volumes`. */
    at: string;
    message: string;
}

export interface ComposeReference {
    /** Relative to the checkout. */
    path: string;
    /** Where its relative paths start, which need not be where it lies: relative to the checkout, or of this machine. */
    folder: string;
}

export interface ComposeInspection {
    findings: PolicyFinding[];
    /** Further compose files that this one reads, to be inspected too. */
    references: ComposeReference[];
    /** Files of this machine that Compose would open: where each is named, and its absolute path or one from `~`. */
    hostFiles: { at: string; path: string }[];
}

const DANGEROUS_CAPABILITIES = new Set(["ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "NET_ADMIN", "SYS_RAWIO", "DAC_READ_SEARCH"]);
const IMAGE_FOLDER = "oci-layout://";
const HOST_NAMESPACES = ["pid", "network_mode", "ipc", "userns_mode", "uts", "cgroup"] as const;

/**
 * Looks at a compose file before Compose itself reads it, since Compose would open every file that it names.
 * @param content the parsed file, with aliases resolved
 * @param folder where its relative paths start, relative to the checkout (`.` for the root), or of this machine: absolute, from `~` or with a variable
 */
export function inspectCompose(content: unknown, folder: string): ComposeInspection {
    const inspection = new Inspection(folder);
    const root = mapOf(content);
    for (const item of listOf(root["include"])) {
        const entry = typeof item === "string" ? { path: item } : mapOf(item);
        const files = listOf(entry["path"]);
        const { project_directory: given } = entry;
        // Several files count as one, which lies where the first of them lies.
        const base = inspection.placeOf(typeof given === "string" && given !== "" ? given : dirnameOf(files[0]));
        for (const file of files) {
            inspection.readFile("include", file, base);
        }
        for (const file of listOf(entry["env_file"])) {
            inspection.readFile("include.env_file", file);
        }
        inspection.readFile("include.project_directory", given);
    }
    for (const section of ["configs", "secrets"]) {
        for (const [name, entry] of Object.entries(mapOf(root[section]))) {
            inspection.readFile(`${section}.${name}`, mapOf(entry)["file"]);
        }
    }
    for (const [name, volume] of Object.entries(mapOf(root["volumes"]))) {
        const options = mapOf(mapOf(volume)["driver_opts"]);
        if (typeof options["device"] === "string" && typeof options["o"] === "string" && options["o"].includes("bind")) {
            inspection.mount(`volumes.${name}`, options["device"]);
        }
    }
    for (const [name, service] of Object.entries(mapOf(root["services"]))) {
        inspectService(inspection, name, mapOf(service));
    }
    return inspection;
}

function inspectService(inspection: Inspection, name: string, service: Record<string, unknown>): void {
    const at = `services.${name}`;
    if (service["provider"] !== undefined) {
        // Newer Compose versions run the named program on this host, outside of any container.
        inspection.refuse(`${at}.provider`, "runs a program on this host");
    }
    if (service["privileged"] === true || service["privileged"] === "true") {
        inspection.find(at, "runs privileged: it can do anything on this host");
    }
    for (const key of HOST_NAMESPACES) {
        if (service[key] === "host") {
            inspection.find(`${at}.${key}`, "shares the host's own namespace");
        }
    }
    if (typeof service["network_mode"] === "string" && service["network_mode"].startsWith("container:")) {
        inspection.find(`${at}.network_mode`, "joins the network of a container of another project");
    }
    if (listOf(service["volumes_from"]).some((source) => String(source).startsWith("container:"))) {
        inspection.find(`${at}.volumes_from`, "takes the volumes of a container of another project");
    }
    if (service["use_api_socket"] === true) {
        inspection.find(`${at}.use_api_socket`, "gets the Docker socket: it controls this host");
    }
    for (const capability of listOf(service["cap_add"])) {
        if (DANGEROUS_CAPABILITIES.has(String(capability).toUpperCase().replace(/^CAP_/, ""))) {
            inspection.find(`${at}.cap_add`, `adds the capability ${String(capability)}`);
        }
    }
    if (listOf(service["devices"]).length > 0) {
        inspection.find(`${at}.devices`, "uses devices of the host");
    }
    if (listOf(service["security_opt"]).some((option) => /unconfined|label[:=]disable/.test(String(option)))) {
        inspection.find(`${at}.security_opt`, "switches off a protection of the container");
    }
    for (const volume of listOf(service["volumes"])) {
        if (typeof volume === "string") {
            const source = volume.split(":")[0] ?? "";
            if (volume.includes(":") && /^[./~$]/.test(source)) {
                inspection.mount(`${at}.volumes`, source);
            }
        } else if (mapOf(volume)["type"] === "bind") {
            inspection.mount(`${at}.volumes`, mapOf(volume)["source"]);
        }
    }
    for (const entry of listOf(service["env_file"])) {
        inspection.readFile(`${at}.env_file`, typeof entry === "string" ? entry : mapOf(entry)["path"]);
    }
    for (const entry of listOf(service["label_file"])) {
        inspection.readFile(`${at}.label_file`, entry);
    }
    const { file: extended } = mapOf(service["extends"]);
    inspection.readFile(`${at}.extends`, extended, inspection.placeOf(dirnameOf(extended)));
    if (service["build"] !== undefined && service["build"] !== null) {
        inspectBuild(inspection, at, service["build"]);
    }
}

function inspectBuild(inspection: Inspection, at: string, build: unknown): void {
    const section = typeof build === "string" ? { context: build } : mapOf(build);
    const context = section["context"] ?? ".";
    const contexts: [string, unknown][] = [[`${at}.build.context`, context]];
    for (const [name, value] of pairsOf(section["additional_contexts"])) {
        contexts.push([`${at}.build.additional_contexts.${name}`, value]);
    }
    for (const [where, value] of contexts) {
        if (typeof value === "string" && value.startsWith(IMAGE_FOLDER)) {
            inspection.readAsWritten(where, value.slice(IMAGE_FOLDER.length));
        } else if (typeof value === "string" && isLocalContext(value)) {
            inspection.readFolder(where, value);
        }
    }
    // The Dockerfile lies relative to its context.
    if (typeof section["dockerfile"] === "string" && typeof context === "string" && !isRemoteContext(context)) {
        inspection.readFolder(`${at}.build.dockerfile`, path.isAbsolute(section["dockerfile"]) ? section["dockerfile"] : path.join(context, section["dockerfile"]));
        if (section["context"] === undefined) {
            // Rendered for the root of the stack, it begins there.
            inspection.readAsWritten(`${at}.build.dockerfile`, section["dockerfile"]);
        }
    }
    for (const [, key] of pairsOf(section["ssh"])) {
        inspection.readAsWritten(`${at}.build.ssh`, key);
    }
    for (const [cache, folder] of [["cache_from", "src"], ["cache_to", "dest"]] as const) {
        for (const entry of listOf(section[cache])) {
            const [, place] = new RegExp(`(?:^|,)"?${folder}=([^,"]+)`, "i").exec(String(entry)) ?? [];
            inspection.readAsWritten(`${at}.build.${cache}`, place);
        }
    }
    if (section["privileged"] === true || listOf(section["entitlements"]).length > 0) {
        inspection.find(`${at}.build`, "builds with more rights than usual");
    }
    if (section["network"] === "host") {
        inspection.find(`${at}.build.network`, "builds in the host's own network");
    }
}

class Inspection implements ComposeInspection {
    readonly findings: PolicyFinding[] = [];
    readonly references: ComposeReference[] = [];
    readonly hostFiles: { at: string; path: string }[] = [];
    readonly #folder: string;

    constructor(folder: string) {
        this.#folder = folder;
    }

    find(at: string, message: string): void {
        this.findings.push({ kind: "finding", at, message });
    }

    refuse(at: string, message: string): void {
        this.findings.push({ kind: "escape", at, message });
    }

    /** Where a path of this file leads: relative to the checkout, or of this machine. Nothing is shortened behind a variable, or behind a link of this machine. */
    placeOf(value: string): string {
        if (isOfMachine(value) || value.includes("$")) {
            return value;
        }
        if (isOfMachine(this.#folder) || this.#folder.includes("$")) {
            return `${this.#folder}/${value}`;
        }
        const place = path.join(this.#folder, value);
        // A folder of the checkout may have that name, too.
        return place.startsWith("~") ? `./${place}` : place;
    }

    /** A file that Compose opens on the server. @param folder of a compose file: where its relative paths start */
    readFile(at: string, value: unknown, folder?: string): void {
        if (typeof value !== "string" || value === "") {
            return;
        }
        if (folder !== undefined && isRemoteContext(value)) {
            this.find(at, `reads ${value} from the network`);
            return;
        }
        const inside = this.#inside(at, value, "reads");
        if (inside !== null && folder !== undefined) {
            this.references.push({ path: inside, folder });
        }
    }

    /** What Docker opens as it stands there, from the root of the checkout, wherever the compose file lies. */
    readAsWritten(at: string, value: unknown): void {
        if (typeof value === "string" && !value.includes("$") && leaves(path.normalize(value))) {
            this.refuse(at, `reads ${value}, which lies outside the repository`);
        } else if (typeof value === "string" && isOfMachine(value)) {
            this.readFile(at, value);
        }
    }

    /** A build context or Dockerfile: it must be part of the checkout, or nobody could say what was built. */
    readFolder(at: string, value: string): void {
        const place = this.placeOf(value);
        if (isOfMachine(place)) {
            this.findings.push({ kind: "escape", at, message: `builds from ${place}, which is not part of the repository` });
            return;
        }
        this.#inside(at, value, "builds from");
    }

    mount(at: string, value: unknown): void {
        if (typeof value !== "string" || value === "") {
            return;
        }
        const place = this.placeOf(value);
        if (/docker\.sock$/.test(value)) {
            this.find(at, "mounts the Docker socket: it controls this host");
        } else if (isOfMachine(place)) {
            this.find(at, `mounts ${place} of the host`);
        } else if (place.includes("$")) {
            this.find(at, `mounts ${value}, which a variable decides`);
        } else if (leaves(place)) {
            this.find(at, `mounts ${value}, which lies outside the stack folder`);
        }
    }

    /** The path relative to the checkout, or null when it does not lie in it or cannot be told. */
    #inside(at: string, value: string, verb: string): string | null {
        const place = this.placeOf(value);
        if (place.includes("$")) {
            this.find(at, `${verb} ${value}, which a variable decides`);
            return null;
        }
        if (isOfMachine(place)) {
            this.find(at, `${verb} ${place} of the host`);
            this.hostFiles.push({ at, path: place });
            return null;
        }
        if (leaves(place)) {
            this.findings.push({ kind: "escape", at, message: `${verb} ${value}, which lies outside the repository` });
            return null;
        }
        return place;
    }
}

function isOfMachine(place: string): boolean {
    return place.startsWith("/") || place.startsWith("~");
}

function dirnameOf(file: unknown): string {
    return typeof file === "string" ? path.dirname(file) : ".";
}

/** Of a map, or of a list of `name=value`. */
function pairsOf(value: unknown): [string, unknown][] {
    if (!Array.isArray(value)) {
        return Object.entries(mapOf(value));
    }
    return value.map((item) => {
        const [name = "", ...rest] = String(item).split("=");
        return [name, rest.join("=")];
    });
}

function leaves(joined: string): boolean {
    return joined === ".." || joined.startsWith("../");
}

function mapOf(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
    if (Array.isArray(value)) {
        return value;
    }
    return value === undefined || value === null ? [] : [value];
}
