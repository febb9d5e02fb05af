/** The marked block of a stack's `.env` that holds the variables of its build config. Everything outside of it is the person's own. */

const BEGIN = "# >>> managed by git deploy: change these in the stack's Git tab >>>";
const END = "# <<< managed by git deploy <<<";

export interface NamedValue {
    name: string;
    value: string;
}

/** The text without our block. */
export function withoutManagedBlock(text: string): string {
    const lines = text.split("\n");
    const begin = lines.indexOf(BEGIN);
    const end = lines.indexOf(END, begin);
    if (begin === -1 || end === -1) {
        return text;
    }
    const before = lines.slice(0, begin);
    const after = lines.slice(end + 1);
    // The empty line above the block is ours as well.
    if (before.at(-1) === "" && before.length > 0) {
        before.pop();
    }
    const rest = [...before, ...after].join("\n");
    return rest.trim() === "" ? "" : rest;
}

/**
 * The person's own text with our block at its end (later lines win in Compose), or without a block when there are no variables.
 * @returns null when the file would be empty
 */
export function withManagedBlock(text: string | null, variables: readonly NamedValue[]): string | null {
    const own = withoutManagedBlock(text ?? "");
    if (variables.length === 0) {
        return own === "" ? null : own;
    }
    const block = [BEGIN, ...variables.map(({ name, value }) => `${name}=${quote(value)}`), END].join("\n");
    return own === "" ? `${block}\n` : `${own.replace(/\n*$/, "\n")}\n${block}\n`;
}

/** The text with our block's lines as ordinary ones: a stack that leaves Git goes on with its variables, and a person sees them again. */
export function withoutMarks(text: string): string {
    return text
        .split("\n")
        .filter((line) => line !== BEGIN && line !== END)
        .join("\n");
}

/** The file with the person's own text replaced and our block kept as it stands. */
export function withOwnText(file: string | null, own: string): string {
    const lines = (file ?? "").split("\n");
    const begin = lines.indexOf(BEGIN);
    const end = lines.indexOf(END, begin);
    if (begin === -1 || end === -1) {
        return own;
    }
    const block = `${lines.slice(begin, end + 1).join("\n")}\n`;
    return own === "" ? block : `${own.replace(/\n*$/, "\n")}\n${block}`;
}

/**
 * Quotes a value for Compose's dotenv reader: single quotes are literal, inside double quotes `\`, `"` and `$` are escaped.
 * @see https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
function quote(value: string): string {
    if (!/['\n\r\\]/.test(value)) {
        return `'${value}'`;
    }
    const escaped = value.replace(/[\\"$]/g, (character) => `\\${character}`).replace(/\n/g, "\\n").replace(/\r/g, "\\r");
    return `"${escaped}"`;
}

/** What Compose and Docker take their settings from. */
const SETTINGS = ["COMPOSE_(?:FILE|PATH_SEPARATOR|ENV_FILES|DISABLE_ENV_FILE)", "DOCKER_(?:HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)", "BUILDX_\\w+", "BUILDKIT_\\w+"];

/**
 * Where the programs that Compose starts on this machine get code, and trust, from: it hands on all of a `.env`, and asks a credential helper (of a keyring, AWS or Google)
 * before each pull. Only what no stack needs: names such as PYTHONPATH are often meant for its containers.
 */
const CODE = ["LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)", "GCONV_PATH", "BASH_ENV", "SSL_CERT_(?:FILE|DIR)", "AWS_(?:CONFIG_FILE|SHARED_CREDENTIALS_FILE)", "CLOUDSDK_(?:PYTHON\\w*|CONFIG|ROOT_DIR)", "PASSWORD_STORE_\\w+", "GNUPGHOME"];

/** An assignment by which a `.env` steers the tools themselves instead of giving a value to the stack. Go takes U+0085 for a space. */
const STEERING = new RegExp(`(?<![\\w.[\\]-])(${[...SETTINGS, ...CODE].join("|")})[\\s\\u0085]*[=:]`);

/**
 * The first name in a `.env` that would steer the tools, or null. It is looked for anywhere, since Compose reads on behind a closing quote and skips
 * every kind of space. Only a comment may name one, unless a quote stands before it: that could be the end of a value which runs over lines.
 */
export function steeringVariable(text: string): string | null {
    for (const line of text.split("\n")) {
        const found = STEERING.exec(line);
        if (found !== null && !/^\s*#[^'"]*$/.test(line.slice(0, found.index))) {
            return found[1] ?? null;
        }
    }
    return null;
}

/** The values by which a `.env` names the Compose project, looked for as above; variables in them are left as they are. */
export function namesOfProject(text: string): string[] {
    return [...text.matchAll(/(?<![\w.[\]-])COMPOSE_PROJECT_NAME[\s\u0085]*[=:][ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "");
}
