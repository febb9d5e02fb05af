/** Milliseconds after which a browser has certainly begun to save. */
const RELEASE_AFTER_MS = 1_000;

/** Hands a text to the browser, to be kept as a file. */
export function saveFile(name: string, text: string, mediaType: string): void {
    const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), RELEASE_AFTER_MS);
}
