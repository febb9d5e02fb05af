import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Below this address everything is ours. */
export const OWN_PREFIX = "/git-deploy";
export const ASSETS_PREFIX = `${OWN_PREFIX}/assets`;

/** The built script of the tabs, and the page that shows them where Dockge's own page is not as expected. */
export interface Page {
    directory: string;
    /** For the end of a page's body. */
    tags: string;
    html: string;
}

/** Null while the script is not built. */
export function findPage(directory: string): Page | null {
    const script = path.join(directory, "embed.js");
    if (!existsSync(script)) {
        return null;
    }
    // The name stays, so a new build has to look like another address.
    const version = createHash("sha256").update(readFileSync(script)).digest("hex").slice(0, 12);
    const style = existsSync(path.join(directory, "embed.css")) ? `<link rel="stylesheet" href="${ASSETS_PREFIX}/embed.css?v=${version}">` : "";
    const tags = `${style}<script type="module" src="${ASSETS_PREFIX}/embed.js?v=${version}"></script>`;
    return { directory, tags, html: ownPage(tags) };
}

/** Puts our script into Dockge's page. @returns what takes it out again */
export function extendPage(server: { indexHTML: string }, page: Page | null): () => void {
    const original = server.indexHTML;
    const end = original.lastIndexOf("</body>");
    if (page !== null && end !== -1) {
        server.indexHTML = original.slice(0, end) + page.tags + original.slice(end);
    }
    return () => {
        server.indexHTML = original;
    };
}

export function isBelow(prefix: string, address: string): boolean {
    return address === prefix || address.startsWith(`${prefix}/`);
}

function ownPage(tags: string): string {
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Git Deploy</title></head>
<body><div id="git-deploy"></div>${tags}</body></html>
`;
}
