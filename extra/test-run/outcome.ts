/** What one part of the run came to. */
export interface Outcome {
    name: string;
    passed: number;
    failed: number;
    skipped: number;
    seconds: number;
    /** What did not run, and how to get it running. */
    notRun: string[];
}

export function emptyOutcome(name: string): Outcome {
    return { name, passed: 0, failed: 0, skipped: 0, seconds: 0, notRun: [] };
}
