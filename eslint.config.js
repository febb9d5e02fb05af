import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import vue from "eslint-plugin-vue";
import globals from "globals";
import tseslint from "typescript-eslint";

/**
 * The direction of imports: common <- domain <- {pipeline, webhook, queue, services} <- host.
 * store, vault and adapters implement domain/ports; only the compositions (foundation.ts, git-deploy.ts, standalone.ts, attached.ts) see them.
 */
const core = ["pipeline", "webhook", "queue", "services"];
const implementations = ["store", "vault", "adapters"];
const forbid = (target, from, message) => ({ target, from, message });
const zones = [
    forbid("common", ["backend", "frontend", "db"], "common/ imports nothing of ours."),
    forbid("backend/domain", [...core, ...implementations, "host"].map((part) => `backend/${part}`), "domain/ is pure."),
    ...core.map((part) =>
        forbid(`backend/${part}`, [...implementations, "host"].map((other) => `backend/${other}`), "The core sees the world only through domain/ports.ts."),
    ),
    forbid("backend/webhook", ["backend/pipeline", "backend/services", "backend/queue"], "webhook/ only records and queues."),
    forbid("backend/queue", ["backend/pipeline", "backend/services", "backend/webhook"], "The queue is told what to run by the composition root."),
    forbid("backend/pipeline", ["backend/queue", "backend/services", "backend/webhook"], "A pipeline is run by the queue, not the other way round."),
    ...implementations.map((part) =>
        forbid(
            `backend/${part}`,
            [...core, ...implementations.filter((other) => other !== part), "host"].map((other) => `backend/${other}`),
            "An implementation of a port knows the domain and nothing beside it.",
        ),
    ),
    forbid("backend/host", [...implementations, "pipeline"].map((part) => `backend/${part}`), "Only the compositions join ports and their implementations."),
    forbid("frontend", ["backend", "db"], "The browser shares common/ with the server and nothing else."),
];

/** I/O lives at the edge. */
const ioImports = {
    patterns: [
        { group: ["node:fs", "node:fs/*", "node:child_process", "node:net", "node:http", "node:https", "fs", "child_process"], message: "I/O belongs into adapters/, store/, vault/ or host/." },
        { group: ["express", "socket.io", "knex", "redbean-node", "redbean-node/*", "sqlite3", "dockerode", "simple-git"], message: "This library belongs into adapters/, store/ or host/." },
    ],
};

export default tseslint.config(
    { ignores: ["dist/**", "coverage/**", "node_modules/**", "data/**", "test-results/**"] },
    js.configs.recommended,
    ...tseslint.configs.recommendedTypeChecked,
    ...vue.configs["flat/recommended"],
    {
        languageOptions: {
            parserOptions: {
                project: ["./tsconfig.node.json", "./tsconfig.browser.json", "./tsconfig.web.json", "./tsconfig.tools.json"],
                tsconfigRootDir: import.meta.dirname,
                extraFileExtensions: [".vue"],
            },
        },
    },
    {
        files: ["**/*.{ts,vue}"],
        plugins: { "import-x": importX },
        settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: ["./tsconfig.node.json", "./tsconfig.web.json"] })] },
        rules: {
            "import-x/no-restricted-paths": ["error", { zones }],
            "import-x/no-cycle": ["error", { maxDepth: Infinity, ignoreExternal: true }],
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }],
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
            "no-undef": "off",
            eqeqeq: "error",
        },
    },
    {
        files: ["**/*.vue"],
        languageOptions: { parserOptions: { parser: tseslint.parser }, globals: globals.browser },
        rules: {
            "vue/html-indent": ["error", 4],
            "vue/max-attributes-per-line": "off",
            "vue/singleline-html-element-content-newline": "off",
            "vue/html-self-closing": "off",
            "vue/no-v-html": "error",
        },
    },
    {
        // Rule R1: no shell on a path that data can reach.
        files: ["backend/**/*.ts", "extra/**/*.ts"],
        rules: {
            "no-restricted-syntax": [
                "error",
                { selector: "Property[key.name='shell'][value.value=true]", message: "Never a shell: spawn(file, argv)." },
                { selector: "CallExpression[callee.name=/^(exec|execSync)$/]", message: "exec() is a shell: spawn(file, argv)." },
            ],
        },
    },
    { files: ["backend/**/*.ts"], ignores: ["backend/config.ts", "backend/index.ts"], rules: { "no-restricted-properties": ["error", { object: "process", property: "env", message: "Settings come from config.ts." }] } },
    { files: ["backend/{domain,webhook,queue,pipeline,services}/**/*.ts", "common/**/*.ts"], rules: { "no-restricted-imports": ["error", ioImports] } },
    {
        files: ["test/**"],
        rules: {
            "@typescript-eslint/no-unsafe-assignment": "off",
            "@typescript-eslint/no-unsafe-argument": "off",
            "@typescript-eslint/no-unsafe-member-access": "off",
            "@typescript-eslint/unbound-method": "off",
            "@typescript-eslint/require-await": "off",
        },
    },
    { files: ["**/*.{js,mjs}"], ...tseslint.configs.disableTypeChecked, languageOptions: { ...tseslint.configs.disableTypeChecked.languageOptions, globals: globals.node } },
);
