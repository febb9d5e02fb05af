import v8 from "node:v8";
import vm from "node:vm";

let collect: (() => void) | null = null;

/**
 * Gives back what work on something very large has left behind. Left alone, V8 keeps the texts of several such works until its heap has doubled,
 * and for as long as nothing else happens. Takes some tens of milliseconds: not for anything that happens often, and never because a stranger asks for it.
 */
export function collectGarbage(): void {
    if (collect === null) {
        v8.setFlagsFromString("--expose-gc");
        collect = vm.runInNewContext("gc") as () => void;
        v8.setFlagsFromString("--no-expose-gc");
    }
    collect();
}
