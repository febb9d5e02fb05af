/** Lines of a log, both from 0 and both within. */
export interface LineRange {
    readonly first: number;
    readonly last: number;
}

/** `#L12` or `#L12-L20`, in which lines are counted from 1. Null for any other fragment. */
export function readFragment(hash: string): LineRange | null {
    const match = /^#L(\d{1,9})(?:-L(\d{1,9}))?$/.exec(hash);
    if (match === null) {
        return null;
    }
    const ends = [Number(match[1]) - 1, Number(match[2] ?? match[1]) - 1];
    return Math.min(...ends) < 0 ? null : { first: Math.min(...ends), last: Math.max(...ends) };
}

export function writeFragment({ first, last }: LineRange): string {
    return first === last ? `#L${first + 1}` : `#L${first + 1}-L${last + 1}`;
}
