/**
 * An endpoint as it stands in the address of a page. A bare host name gets a colon behind it, to be told from the names of a stack's tabs:
 * `/compose/web/nas:/git` is the Git tab of a stack on `nas`, `/compose/web/git` the one of a stack here.
 */
export function endpointParam(endpoint: string): string {
    return endpoint === "" || /[.:]/.test(endpoint) ? endpoint : `${endpoint}:`;
}

/** The way back. */
export function endpointOf(param: unknown): string {
    return typeof param === "string" ? param.replace(/:$/, "") : "";
}
