import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { DeployError } from "../../domain/errors.ts";
import { json, route, type RestRoute } from "./route.ts";

const PAGE = `<!doctype html>
<html lang="en">
    <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Git Deploy API</title>
        <link rel="stylesheet" href="docs/swagger-ui.css" />
    </head>
    <body>
        <div id="api"></div>
        <script src="docs/swagger-ui-bundle.js"></script>
        <script src="docs/start.js"></script>
    </body>
</html>
`;

/** A file of its own, as the page's policy allows no inline script. */
const START = `window.ui = window.SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
`;

/** Swagger UI sets styles from its script and draws its icons from data: URLs. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'";

const FROM_PACKAGE: Record<string, string> = { "swagger-ui.css": "text/css; charset=utf-8", "swagger-ui-bundle.js": "text/javascript; charset=utf-8" };

/** @param openApi made when it is first asked for */
export function documentationRoutes(openApi: () => object): RestRoute[] {
    const common = { method: "GET", tag: "system", access: "public", errors: [] } as const;
    return [
        route({
            ...common,
            errors: [],
            path: "/api/openapi.json",
            summary: "This description",
            responses: { 200: { description: "OpenAPI 3.1" } },
            answer: () => Promise.resolve(json(200, openApi())),
        }),
        route({
            ...common,
            errors: [],
            path: "/api/docs",
            summary: "This description as a page",
            responses: { 200: { description: "Swagger UI", contentTypes: ["text/html"] } },
            answer: () => Promise.resolve({ status: 200, headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY }, body: PAGE }),
        }),
        route({
            ...common,
            errors: ["NOT_FOUND"],
            path: "/api/docs/{file}",
            summary: "Files of that page",
            responses: { 200: { description: "A script or style sheet", contentTypes: ["text/javascript", "text/css"] } },
            answer: async ({ param }) => {
                const file = param("file");
                if (file === "start.js") {
                    return { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" }, body: START };
                }
                const contentType = Object.hasOwn(FROM_PACKAGE, file) ? FROM_PACKAGE[file] : undefined;
                if (contentType === undefined) {
                    throw new DeployError("NOT_FOUND", "There is no such file.");
                }
                return { status: 200, headers: { "content-type": contentType, "cache-control": "public, max-age=3600" }, body: await readFile(path.join(packageFolder(), file)) };
            },
        }),
    ];
}

function packageFolder(): string {
    return path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
}
