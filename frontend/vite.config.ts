import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { scriptBudget } from "./script-budget.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const backend = "http://127.0.0.1:5001";

export default defineConfig({
    root: here,
    plugins: [vue(), scriptBudget(["index.html", "src/start.ts"], 300)],
    define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
    build: { outDir: "../dist/frontend", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 600 },
    server: { port: 5000, proxy: { "/socket.io": { target: backend, ws: true }, "/api": backend } },
});
