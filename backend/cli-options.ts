import { parseArgs } from "node:util";

/** The command line of the server: Dockge's own options. Each says the same as an environment variable, and wins over it. */

interface CliOption {
    variable: string;
    /** Shown in place of the value; a flag may also stand alone. */
    value: string;
    isFlag?: boolean;
}

export const CLI_OPTIONS: Record<string, CliOption> = {
    port: { variable: "DOCKGE_PORT", value: "<number>" },
    hostname: { variable: "DOCKGE_HOSTNAME", value: "<address>" },
    dataDir: { variable: "DOCKGE_DATA_DIR", value: "<folder>" },
    stacksDir: { variable: "DOCKGE_STACKS_DIR", value: "<folder>" },
    sslKey: { variable: "DOCKGE_SSL_KEY", value: "<file>" },
    sslCert: { variable: "DOCKGE_SSL_CERT", value: "<file>" },
    sslKeyPassphrase: { variable: "DOCKGE_SSL_KEY_PASSPHRASE", value: "<text>" },
    enableConsole: { variable: "DOCKGE_ENABLE_CONSOLE", value: "[true|false]", isFlag: true },
};

const KNOWN = Object.keys(CLI_OPTIONS).map((name) => `--${name}`).join(", ");

/** Wrong use of the command line; the message names what can be used. */
export class CliError extends Error {}

export interface CliRequest {
    /** What was given, by the name of the environment variable that says the same. */
    settings: Record<string, string>;
    isHelpWanted: boolean;
    isVersionWanted: boolean;
}

/** Reads `--name value`, `--name=value` and `--flag`. @throws CliError for everything else */
export function parseCli(argv: readonly string[]): CliRequest {
    const settings: Record<string, string> = {};
    const wanted = new Set<string>();
    const tokens = [...tokensOf(argv)];
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
        if (token.kind !== "option") {
            throw new CliError(`"${token.kind === "positional" ? token.value : "--"}" is not expected here. Options are ${KNOWN}, --help and --version.`);
        }
        if (token.rawName === "--help" || token.rawName === "--version") {
            wanted.add(token.rawName);
            continue;
        }
        const option = Object.hasOwn(CLI_OPTIONS, token.name) ? CLI_OPTIONS[token.name] : undefined;
        if (option === undefined || token.rawName !== `--${token.name}`) {
            throw new CliError(`There is no option ${token.rawName}. Options are ${KNOWN}, --help and --version.`);
        }
        const next = tokens[0];
        let value = token.value;
        if (value === undefined && option.isFlag !== true) {
            throw new CliError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
        }
        if (value === undefined && next?.kind === "positional" && /^(true|false)$/.test(next.value)) {
            value = next.value;
            tokens.shift();
        }
        settings[option.variable] = value ?? "true";
    }
    return { settings, isHelpWanted: wanted.has("--help"), isVersionWanted: wanted.has("--version") };
}

/** How the option that says the same as this variable is written, or undefined. */
export function optionOf(variable: string): string | undefined {
    const name = Object.keys(CLI_OPTIONS).find((key) => CLI_OPTIONS[key]?.variable === variable);
    return name === undefined ? undefined : `--${name}`;
}

export function helpText(): string {
    const lines = Object.entries(CLI_OPTIONS).map(([name, { variable, value }]) => `  ${`--${name} ${value}`.padEnd(32)}${variable}`);
    return [
        "Options, and the environment variables that say the same (an option wins):",
        ...lines,
        `  ${"--version".padEnd(32)}prints the version`,
        `  ${"--help".padEnd(32)}prints this`,
        "",
        "Everything else is set by environment variables, which README.md lists.",
    ].join("\n");
}

function tokensOf(argv: readonly string[]) {
    const options = Object.fromEntries(Object.entries(CLI_OPTIONS).map(([name, { isFlag }]) => [name, { type: isFlag === true ? ("boolean" as const) : ("string" as const) }]));
    return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}
