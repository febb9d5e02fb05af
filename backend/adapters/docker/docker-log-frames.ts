const HEADER_LENGTH = 8;
const MAX_LINE_LENGTH = 4096;

/**
 * Lines of a container's log. Without a terminal the Engine sends frames: one byte for the stream, three unused, four for the length.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function logLines(log: Buffer, isTty: boolean): string[] {
    const text = isTty ? log.toString("utf8") : Buffer.concat(frames(log)).toString("utf8");
    const lines = text.split(/\r?\n/).map((line) => line.slice(0, MAX_LINE_LENGTH));
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function frames(log: Buffer): Buffer[] {
    const contents: Buffer[] = [];
    let offset = 0;
    while (offset + HEADER_LENGTH <= log.length) {
        const start = offset + HEADER_LENGTH;
        const end = start + log.readUInt32BE(offset + 4);
        contents.push(log.subarray(start, Math.min(end, log.length)));
        offset = end;
    }
    return contents;
}
