import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const inRoot = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** What is started by name: both servers and the programs of `extra/command.mjs`. */
const ENTRIES = {
    index: inRoot("backend/index.ts"),
    attach: inRoot("backend/attach.ts"),
    ...Object.fromEntries(["api-token", "back-to-dockge", "healthcheck", "reset-password", "rotate-key"].map((name) => [name, inRoot(`extra/${name}.ts`)])),
};
/** Native code, what finds files beside its own, and what is so large and so seldom needed that it is loaded late. */
const FROM_NODE_MODULES = ["sqlite3", "@lydell/node-pty", "composerize", "swagger-ui-dist", "dockerode", "ssh2", "node-forge", "tsx"];
/** What libraries load only where it is installed: other databases of knex, native parts of ws. */
const NOT_INSTALLED = ["better-sqlite3", /^mariadb/, "mysql", "mysql2", "oracledb", "pg", "pg-query-stream", "tedious", "bufferutil", "utf-8-validate"];

/**
 * The server in a few large files, its libraries among them: finding and compiling a thousand small ones was a third of a start.
 * Names and lines stay readable, so stack traces need no source maps, whose loading costs as much as was saved.
 */
export default defineConfig({
    root: inRoot("backend"),
    publicDir: false,
    ssr: { noExternal: true, external: FROM_NODE_MODULES },
    build: {
        ssr: true,
        outDir: inRoot("dist/backend"),
        emptyOutDir: true,
        target: "node20",
        rolldownOptions: { input: ENTRIES, external: NOT_INSTALLED, output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" } },
    },
});
