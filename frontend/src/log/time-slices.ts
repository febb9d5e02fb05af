/** Milliseconds of work between two turns of the browser: half a frame, so that typing and scrolling go on. */
const SLICE_MS = 8;

/** Does piece after piece of a long work until `next` has none left, letting the browser draw in between. Returns the function that stops it. */
export function inSlices(next: () => boolean): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    function slice(): void {
        timer = undefined;
        const end = performance.now() + SLICE_MS;
        do {
            if (!next()) {
                return;
            }
        } while (performance.now() < end);
        timer = setTimeout(slice);
    }
    timer = setTimeout(slice);
    return () => clearTimeout(timer);
}
