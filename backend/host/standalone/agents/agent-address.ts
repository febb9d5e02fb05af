import { DeployError } from "../../../domain/errors.ts";
import { hostRefusal } from "../../../domain/host-address.ts";

export interface AgentAddress {
    /** `https://host[:port]`, as it is stored, shown and connected to. */
    url: string;
    /** `host[:port]`: Dockge's name for the agent. */
    endpoint: string;
}

/**
 * What an administrator types as the address of another Dockge. Private addresses and this machine are fine (that is where agents are),
 * link-local and cloud metadata addresses never. @throws INPUT_INVALID
 */
export function parseAgentUrl(text: string): AgentAddress {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.host === "") {
        throw invalid("Give the address of the other server, such as https://dockge.example.com or http://192.168.1.20:5001.");
    }
    if (url.username !== "" || url.password !== "") {
        throw invalid("Give user and password in their own fields, not in the address.");
    }
    if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
        throw invalid(`Dockge cannot be driven below a path. Give its address alone: ${url.origin}`);
    }
    const refusal = hostRefusal(url.hostname, true);
    if (refusal !== null) {
        throw invalid(`${url.hostname} cannot be an agent: ${refusal}.`);
    }
    return { url: url.origin, endpoint: url.host };
}

/** Dockge's rule for a stored URL, whatever else is in it; null when it is none. */
export function storedAddress(url: string): AgentAddress | null {
    if (!URL.canParse(url)) {
        return null;
    }
    const { origin, host, protocol } = new URL(url);
    return (protocol === "http:" || protocol === "https:") && host !== "" ? { url: origin, endpoint: host } : null;
}

function invalid(message: string): DeployError {
    return new DeployError("INPUT_INVALID", message);
}
