/** A connection, as far as terminals know it. */
export interface TerminalClient {
    /** `host:port` of this server as a hub calls it, else empty. It is part of every terminal's name. */
    readonly endpoint: string;
    /** More was sent than the network has taken so far: nothing should be added. */
    readonly isCongested: boolean;
    pushAgent(event: "terminalWrite", terminalName: string, chunk: string): void;
    pushAgent(event: "terminalExit", terminalName: string, exitCode: number): void;
    /** The network has taken what was sent. Returns the function that stops listening. */
    onDrain(listener: () => void): () => void;
    /** The connection has ended or its person has logged out. Returns the function that stops listening. */
    onLeave(listener: () => void): () => void;
}
