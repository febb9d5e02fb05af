/** The wire to one agent, as the rest needs it: Socket.IO in the server, a fake in tests. */
export interface AgentConnection {
    /** Connects again after `disconnected`; what is lost on the way is tried again without being asked. */
    open(): void;
    emit(event: string, args: unknown[]): void;
    /** @throws AnswerTimeoutError after `limitMs`, ConnectionLostError when the connection ends before there is an answer */
    ask(event: string, args: unknown[], limitMs: number): Promise<unknown>;
    close(): void;
}

export interface AgentConnectionEvents {
    connected(): void;
    /** `isEndedByAgent`: it is not tried again unless asked. */
    disconnected(isEndedByAgent: boolean): void;
    /** An attempt did not succeed, for this reason; the next one follows. */
    failed(reason: string): void;
    received(event: string, args: unknown[]): void;
}

/** `headers` go with the handshake. Nothing happens before `open`. */
export type ConnectToAgent = (url: string, headers: Record<string, string>, events: AgentConnectionEvents, options: { isRetried: boolean }) => AgentConnection;

export class AnswerTimeoutError extends Error {}

export class ConnectionLostError extends Error {}
