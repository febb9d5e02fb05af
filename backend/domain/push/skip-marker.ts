/** The marks that people know from other tools, for "this commit needs no run". */
const MARKER = /\[(?:skip[ _-]ci|ci[ _-]skip|no[ _-]ci|skip[ _-]deploy|deploy[ _-]skip|no[ _-]deploy)\]/i;

/** The mark in a commit message that asks for no deployment, as it was written, or null. */
export function findSkipMarker(message: string): string | null {
    return MARKER.exec(message)?.[0] ?? null;
}
