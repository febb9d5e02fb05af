import { StringDecoder } from "node:string_decoder";
import { FrameReader } from "./docker-log-frames.ts";

/** The text in a container's log stream, as it comes. Each stream has a decoder of its own: a character may be cut in two between its frames. */
export async function* textIn(stream: AsyncIterable<Buffer>, isTty: boolean): AsyncGenerator<string> {
    const decoders = { out: new StringDecoder("utf8"), err: new StringDecoder("utf8") };
    let text = "";
    const frames = new FrameReader((from, part) => {
        text += decoders[from].write(part);
    });
    for await (const chunk of stream) {
        if (isTty) {
            text += decoders.out.write(chunk);
        } else {
            frames.push(chunk);
        }
        if (text !== "") {
            yield text;
            text = "";
        }
    }
}
