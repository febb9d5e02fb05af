import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

/** One project per kind of test, so that `npm test` can say for each what it needs and what did not run. */
function nodeProject(name: string, timeoutMs: number, isSerial = false) {
    return {
        test: {
            name,
            environment: "node" as const,
            include: [`test/${name}/**/*.spec.ts`],
            pool: "forks" as const,
            testTimeout: timeoutMs,
            hookTimeout: timeoutMs,
            fileParallelism: !isSerial,
        },
    };
}

export default defineConfig({
    test: {
        coverage: { provider: "v8", include: ["backend/**", "db/**", "common/**", "frontend/src/**"], reporter: ["text-summary"] },
        projects: [
            nodeProject("unit", 10_000),
            { plugins: [vue()], test: { name: "web", environment: "happy-dom", include: ["test/web/**/*.spec.ts"] } },
            nodeProject("contract", 30_000),
            nodeProject("integration", 60_000),
            nodeProject("e2e", 180_000, true),
            nodeProject("browser", 180_000, true),
        ],
    },
});
