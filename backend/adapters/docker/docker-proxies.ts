import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { dockerConfigDirectory, dockerHost, type DockerCliSettings } from "./docker-environment.ts";

/** Names of the CLI's settings, and of the variable that each becomes, in capitals and in small letters: programs do not agree on one. */
const VARIABLES = { httpProxy: "HTTP_PROXY", httpsProxy: "HTTPS_PROXY", noProxy: "NO_PROXY", ftpProxy: "FTP_PROXY", allProxy: "ALL_PROXY" } as const;

const proxySettings = z.partialRecord(z.enum(Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]), z.string());
const cliConfig = z.object({ proxies: z.record(z.string(), proxySettings.catch({})).optional() });

/**
 * What `docker run` gives each container when the CLI's config.json names proxies: without them a build command behind one reaches nothing.
 * @returns variables by their names; none when nothing is set or the file cannot be read
 * @see https://docs.docker.com/engine/cli/proxy/
 */
export async function proxyVariables(settings: Pick<DockerCliSettings, "dockerSocket" | "homeDirectory">): Promise<Record<string, string>> {
    const proxies = (await readCliConfig(settings))?.proxies ?? {};
    const chosen = proxies[dockerHost(settings)] ?? proxies["default"] ?? {};
    return Object.fromEntries(
        Object.entries(VARIABLES).flatMap(([setting, name]) => {
            const value = chosen[setting as keyof typeof VARIABLES];
            return value === undefined || value === "" ? [] : [[name, value], [name.toLowerCase(), value]];
        }),
    );
}

async function readCliConfig(settings: Pick<DockerCliSettings, "homeDirectory">): Promise<z.infer<typeof cliConfig> | null> {
    try {
        return cliConfig.parse(JSON.parse(await readFile(path.join(dockerConfigDirectory(settings), "config.json"), "utf8")));
    } catch {
        // Most have none, and one that is broken is told of by the CLI itself, which pulls and builds.
        return null;
    }
}
