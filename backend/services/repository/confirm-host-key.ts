import { DeployError } from "../../domain/errors.ts";
import type { GitUrl } from "../../domain/git-url.ts";
import type { AuditLog, KnownHosts } from "../../domain/ports.ts";
import type { Caller } from "../caller.ts";

const SSH_PORT = 22;

export interface HostKeyParts {
    knownHosts: Pick<KnownHosts, "confirm">;
    audit: Pick<AuditLog, "append">;
}

/**
 * Pins the host key that the person vouches for by its fingerprint; without one there is nothing to do.
 * @throws INPUT_INVALID, GIT_HOST_KEY_UNKNOWN, GIT_HOST_KEY_CHANGED
 */
export async function confirmHostKey(parts: HostKeyParts, fingerprint: string | undefined, url: GitUrl, stack: string, caller: Caller): Promise<void> {
    if (fingerprint === undefined) {
        return;
    }
    if (url.scheme !== "ssh") {
        throw new DeployError("INPUT_INVALID", "confirmHostKey: only an SSH URL has a host key to confirm.");
    }
    const port = url.port ?? SSH_PORT;
    await parts.knownHosts.confirm(url.host, port, fingerprint);
    await parts.audit.append({ actor: caller.actor, action: "host-key.confirm", stackId: stack, subject: url.host, details: { port, fingerprint } });
}
