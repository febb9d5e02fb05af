import { existsSync } from "node:fs";
import path from "node:path";
import express, { Router } from "express";

/** Vite puts a hash of the content into the names below this folder. */
const HASHED_FOLDER = "assets";

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not built yet</title></head>
<body><h1>The pages are not built yet</h1>
<p>The server runs, but there is nothing to show. In the folder of the program run</p>
<pre>npm run build:frontend</pre>
<p>and load this page again.</p></body></html>
`;

/** The built pages below `directory`. Every other address is a deep link and gets the page itself. */
export function staticPages(directory: string): Router {
    const router = Router();
    const indexFile = path.join(directory, "index.html");
    router.get("/robots.txt", (_request, response) => {
        response.type("text/plain").send("User-agent: *\nDisallow: /\n");
    });
    router.use(
        express.static(directory, {
            index: false,
            redirect: false,
            setHeaders: (response, file) => {
                const isHashed = path.relative(directory, file).startsWith(HASHED_FOLDER + path.sep);
                response.setHeader("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
            },
        }),
    );
    router.use((request, response, next) => {
        if (request.method !== "GET" && request.method !== "HEAD") {
            next();
            return;
        }
        if (request.path.startsWith(`/${HASHED_FOLDER}/`)) {
            // An asset of a former build: the page itself would be a confusing answer.
            response.status(404).type("text/plain").send("Not found. Load the page anew.\n");
            return;
        }
        response.setHeader("cache-control", "no-cache");
        if (!existsSync(indexFile)) {
            response.status(503).type("text/html").send(NOT_BUILT);
            return;
        }
        response.sendFile(indexFile, { cacheControl: false });
    });
    return router;
}
