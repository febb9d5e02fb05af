import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { scriptBudget } from "./script-budget.ts";
import { scopeStyles } from "./scope-styles.ts";

const ENTRY = "embed";

/** What an attached Dockge loads: `embed.js` and `embed.css`, by these names; all else by names with a hash, when it is wanted. */
export default defineConfig({
    root: fileURLToPath(new URL(".", import.meta.url)),
    base: "/git-deploy/assets/",
    plugins: [vue(), scriptBudget(["src/embed.ts", "src/embed/attach.ts"], 120)],
    css: { postcss: { plugins: [scopeStyles()] } },
    define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
    build: {
        outDir: "../dist/embed",
        emptyOutDir: true,
        target: "es2022",
        chunkSizeWarningLimit: 600,
        modulePreload: { polyfill: false },
        rolldownOptions: {
            input: { [ENTRY]: fileURLToPath(new URL("./src/embed.ts", import.meta.url)) },
            output: {
                entryFileNames: "[name].js",
                chunkFileNames: "[name]-[hash].js",
                assetFileNames: ({ names }) => (names.includes(`${ENTRY}.css`) ? "[name][extname]" : "[name]-[hash][extname]"),
            },
        },
    },
});
