import { parseEnv } from "node:util";
import type { ComparedValue, VariableChange } from "../../../common/stack-insight.ts";
import { withoutManagedBlock } from "./env-file.ts";

interface Side {
    all: NodeJS.Dict<string>;
    /** What stands outside of our block, which is shown on the stack's page anyway. */
    own: NodeJS.Dict<string>;
}

/**
 * How two `.env` files differ, by name. A value of our block is told only when it is the present value of a variable that is no secret (`known`):
 * what an earlier release had under that name may have been a secret then.
 */
export function compareEnv(before: string | null, after: string | null, known: ReadonlyMap<string, string>): VariableChange[] {
    const [former, next] = [sideOf(before), sideOf(after)];
    const names = [...new Set([...Object.keys(former.all), ...Object.keys(next.all)])].sort();
    return names.flatMap((name) => {
        const [was, becomes] = [former.all[name], next.all[name]];
        if (was === becomes) {
            return [];
        }
        const change = was === undefined ? "added" : becomes === undefined ? "removed" : "changed";
        return [{ name, change, before: shown(former, name, known), after: shown(next, name, known) } satisfies VariableChange];
    });
}

function sideOf(text: string | null): Side {
    return { all: parseEnv(text ?? ""), own: parseEnv(withoutManagedBlock(text ?? "")) };
}

function shown(side: Side, name: string, known: ReadonlyMap<string, string>): ComparedValue | null {
    const value = side.all[name];
    if (value === undefined) {
        return null;
    }
    return { value: value === side.own[name] || value === known.get(name) ? value : null };
}
