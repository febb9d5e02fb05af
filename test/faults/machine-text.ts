import { spawnSync } from "node:child_process";
import os from "node:os";

/** The machine and the versions that a table was made with. */
export function machineText(): string {
    const version = (program: string, ...argv: string[]) => (spawnSync(program, argv, { encoding: "utf8" }).stdout ?? "").trim().split("\n")[0] ?? "";
    const cpus = os.cpus();
    return [
        `${cpus.length} x ${cpus[0]?.model ?? "unknown CPU"}, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
        `Linux ${os.release()}`,
        `Node.js ${process.versions.node}`,
        `Docker Engine ${version("docker", "version", "--format", "{{.Server.Version}}")}`,
        `Compose ${version("docker", "compose", "version", "--short")}`,
        version("git", "--version"),
        new Date().toISOString().slice(0, 10),
    ].join(", ");
}
