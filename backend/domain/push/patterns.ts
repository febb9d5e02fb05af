import { RE2JS } from "re2js";
import { DeployError } from "../errors.ts";

/** Says whether a branch or tag name is matched by one of the expressions it was made from. */
export type NamePatterns = (name: string) => boolean;

/**
 * Compiles regular expressions that have to match a whole name (`release-.*` does not match `pre-release-1`).
 * RE2 syntax on a linear-time engine: no expression of a person can stall the server.
 * @throws INPUT_INVALID naming the expression that is wrong
 */
export function compilePatterns(patterns: readonly string[]): NamePatterns {
    const compiled = patterns.map(compile);
    return (name) => compiled.some((pattern) => pattern.testExact(name));
}

/** As `compilePatterns`, but an expression that is wrong matches nothing: what is stored already must not stop a verdict. */
export function readPatterns(patterns: readonly string[]): NamePatterns {
    const compiled = patterns.flatMap((pattern) => {
        try {
            return [compile(pattern)];
        } catch {
            return [];
        }
    });
    return (name) => compiled.some((pattern) => pattern.testExact(name));
}

function compile(pattern: string): RE2JS {
    try {
        return RE2JS.compile(pattern);
    } catch (error) {
        const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "unknown";
        throw new DeployError("INPUT_INVALID", `"${pattern}" is not a regular expression that can be used here (${why}). RE2 syntax is supported: no lookaheads and no back-references.`, {
            cause: error,
            details: { pattern },
        });
    }
}
