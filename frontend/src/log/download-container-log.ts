import type { Server } from "../server/server.ts";

/** Asks for a container's log piece by piece and hands it to the browser as a text file. @throws ServerError */
export async function downloadContainerLog(server: Server, stack: string, container: string, options: { hasTimestamps: boolean; tail: number | null }, onProgress: (length: number) => void): Promise<void> {
    const { logId } = await server.dockge("openContainerLog", stack, container, options);
    // Blobs of pieces that are done may lie on the disk; one long text would not.
    const pieces: Blob[] = [];
    let length = 0;
    try {
        for (let isEnd = false; !isEnd; ) {
            const piece = await server.dockge("readContainerLog", logId);
            pieces.push(new Blob([piece.text]));
            length += piece.text.length;
            isEnd = piece.isEnd;
            onProgress(length);
        }
    } catch (thrown) {
        server.dockge("closeContainerLog", logId).catch(() => undefined);
        throw thrown;
    }
    const url = URL.createObjectURL(new Blob(pieces, { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${container}.log`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
