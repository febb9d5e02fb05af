import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

/** On a shared machine everything may stand still for a minute. A test that needed its second try is printed as such. */
const RETRIES_ON_SHARED_MACHINES = process.env["CI"] === "true" ? 1 : 0;

/** One project per kind of test, so that `npm test` can say for each what it needs and what did not run. */
function nodeProject(name: string, timeoutMs: number, workers?: number) {
    return {
        test: {
            name,
            environment: "node" as const,
            include: [`test/${name}/**/*.spec.ts`],
            pool: "forks" as const,
            testTimeout: timeoutMs,
            hookTimeout: timeoutMs,
            retry: name === "unit" ? 0 : RETRIES_ON_SHARED_MACHINES,
            ...(workers === undefined ? {} : { maxWorkers: workers }),
        },
    };
}

export default defineConfig({
    test: {
        coverage: { provider: "v8", include: ["backend/**", "db/**", "common/**", "frontend/src/**"], reporter: ["text-summary"] },
        projects: [
            nodeProject("unit", 10_000),
            // Absolute addresses of images are left as they are: the folder that they are in belongs to the build.
            { plugins: [vue({ template: { transformAssetUrls: false } })], test: { name: "web", environment: "happy-dom", include: ["test/web/**/*.spec.ts"] } },
            nodeProject("contract", 30_000),
            nodeProject("integration", 60_000),
            // Mostly waiting for containers; each file has servers, projects and ports of its own.
            nodeProject("e2e", 180_000, 2),
            nodeProject("browser", 180_000, 1),
        ],
    },
});
