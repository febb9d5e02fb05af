import path from "node:path/posix";
import { ComposeInspection, isOfMachine, listOf, mapOf, type ComposeReading, type NamedPath } from "./compose-inspection.ts";
import { isLocalContext, isRemoteContext } from "./compose-relocate.ts";

const DANGEROUS_CAPABILITIES = new Set(["ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "NET_ADMIN", "SYS_RAWIO", "DAC_READ_SEARCH"]);
const IMAGE_FOLDER = "oci-layout://";
const HOST_NAMESPACES = ["pid", "network_mode", "ipc", "userns_mode", "uts", "cgroup"] as const;

/** From here on, Compose 2 takes relative paths of an include for relative to another folder than the file's. */
export const TOO_DEEP = 2;

/**
 * Looks at a compose file before Compose itself reads it, since Compose would open every file that it names. When paths hold variables that are
 * not among the values of `reading`, they are `undecided`, and the rest is to be looked at again with them.
 * @param content the parsed file, with aliases resolved
 * @param folder where its relative paths start, relative to the checkout (`.` for the root)
 */
export function inspectCompose(content: unknown, folder: string, reading: ComposeReading = {}): ComposeInspection {
    const inspection = new ComposeInspection(folder, reading);
    const root = mapOf(content);
    for (const item of listOf(root["include"])) {
        inspectInclude(inspection, typeof item === "string" ? { path: item } : mapOf(item), reading.depth ?? 0);
    }
    for (const section of ["configs", "secrets"]) {
        for (const [name, entry] of Object.entries(mapOf(root[section]))) {
            const at = `${section}.${name}`;
            inspection.paths(at, mapOf(entry)["file"]).forEach((file) => inspection.readFile(at, file));
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

function inspectInclude(inspection: ComposeInspection, entry: Record<string, unknown>, depth: number): void {
    const files = inspection.paths("include", entry["path"]);
    const envFiles = inspection.paths("include.env_file", entry["env_file"]);
    const [given] = inspection.paths("include.project_directory", entry["project_directory"]);
    if (files.length === 0 || files.length < listOf(entry["path"]).length) {
        // Compose would take it for the project's folder, and read the `.env` above.
        inspection.refuse("include", "names no file, at least where a variable is not set");
    }
    for (const { value } of [...envFiles, ...(given === undefined ? [] : [given])]) {
        if (value.startsWith("~")) {
            inspection.refuse("include", `names ${value}, and ~ stands for no folder there`);
        } else if (depth >= TOO_DEEP && !path.isAbsolute(value)) {
            inspection.refuse("include", `names ${value}, which Docker Compose looks for elsewhere so many files deep. Include the file from one that the main compose file includes`);
        }
    }
    if (given !== undefined && isOfMachine(given.value)) {
        inspection.refuse("include.project_directory", `is ${given.value}, which is no folder of the repository`);
    } else if (given !== undefined) {
        inspection.readFile("include.project_directory", given);
    }
    envFiles.forEach((file) => inspection.readFile("include.env_file", file));
    // Several files count as one, which lies where the first of them lies.
    const folder = inspection.placeOf(given ?? folderOf(files[0] ?? inspection.ownFolder(true)));
    const scope = { projectDirectory: folder, envFiles: envFiles.map((file) => inspection.placeOf(file)) };
    files.forEach((file) => inspection.readComposeFile("include", file, { folder, scope }));
}

function inspectService(inspection: ComposeInspection, name: string, service: Record<string, unknown>): void {
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
        inspection.paths(`${at}.env_file`, typeof entry === "string" ? entry : mapOf(entry)["path"]).forEach((file) => inspection.readFile(`${at}.env_file`, file));
    }
    inspection.paths(`${at}.label_file`, service["label_file"]).forEach((file) => inspection.readFile(`${at}.label_file`, file));
    for (const file of inspection.paths(`${at}.extends`, mapOf(service["extends"])["file"])) {
        inspection.readComposeFile(`${at}.extends`, file, { folder: inspection.placeOf(folderOf(file)), scope: null });
    }
    if (service["build"] !== undefined && service["build"] !== null) {
        inspectBuild(inspection, at, service["build"]);
    }
}

function inspectBuild(inspection: ComposeInspection, at: string, build: unknown): void {
    const section = typeof build === "string" ? { context: build } : mapOf(build);
    const isHere = section["context"] === undefined || section["context"] === null;
    const context = inspection.paths(`${at}.build.context`, section["context"])[0] ?? inspection.ownFolder(!isHere);
    const contexts: [string, NamedPath][] = [[`${at}.build.context`, context]];
    for (const [name, named] of inspection.pairs(`${at}.build.additional_contexts`, section["additional_contexts"])) {
        contexts.push([`${at}.build.additional_contexts.${name}`, named]);
    }
    for (const [where, named] of contexts) {
        if (named.value.startsWith(IMAGE_FOLDER)) {
            inspection.readAsWritten(where, named.value.slice(IMAGE_FOLDER.length));
        } else if (isLocalContext(named.value)) {
            inspection.readFolder(where, named);
        }
    }
    // The Dockerfile lies relative to its context.
    const [dockerfile] = inspection.paths(`${at}.build.dockerfile`, section["dockerfile"]);
    if (dockerfile !== undefined && !isRemoteContext(context.value)) {
        inspection.readFolder(`${at}.build.dockerfile`, path.isAbsolute(dockerfile.value) ? dockerfile : { value: path.join(context.value, dockerfile.value), folder: context.folder });
        if (isHere) {
            // Rendered for the root of the stack, it begins there.
            inspection.readAsWritten(`${at}.build.dockerfile`, dockerfile.value);
        }
    }
    for (const [, key] of inspection.pairs(`${at}.build.ssh`, section["ssh"])) {
        key.value.split(",").forEach((file) => inspection.readAsWritten(`${at}.build.ssh`, file));
    }
    for (const [cache, folder] of [["cache_from", "src"], ["cache_to", "dest"]] as const) {
        for (const { value } of inspection.paths(`${at}.build.${cache}`, section[cache])) {
            for (const [, place] of value.matchAll(new RegExp(`${folder}\\s*=\\s*([^,"]+)`, "gi"))) {
                inspection.readAsWritten(`${at}.build.${cache}`, place);
            }
        }
    }
    if (section["privileged"] === true || listOf(section["entitlements"]).length > 0) {
        inspection.find(`${at}.build`, "builds with more rights than usual");
    }
    if (section["network"] === "host") {
        inspection.find(`${at}.build.network`, "builds in the host's own network");
    }
}

function folderOf({ value, folder }: NamedPath): NamedPath {
    return { value: path.dirname(value), folder };
}
