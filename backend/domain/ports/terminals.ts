export interface TerminalSize {
    columns: number;
    rows: number;
}

/** Whoever starts a program on a terminal is told what it prints, then once how it ended. */
export interface TerminalEvents {
    onOutput: (text: string) => void;
    /** After the last output. null: a signal ended it, or nobody knows. */
    onExit: (exitCode: number | null) => void;
}

/** A program on a pseudo-terminal, from the side of the keyboard and the screen. */
export interface TerminalProcess {
    /** @throws TOO_MANY_REQUESTS when the program does not read what it was sent before */
    write(text: string): void;
    resize(size: TerminalSize): void;
    /** Nothing is read until `resume()`: a program that goes on printing is held up, not buffered. */
    pause(): void;
    resume(): void;
    /** Hangs up, then kills what stays: the program and everything it has started on this terminal. Resolves when they are gone. */
    end(): Promise<void>;
}

/** Programs of this machine. */
export interface Pty {
    /** @throws EXEC_FAILED; TERMINAL_UNAVAILABLE when this platform has no pseudo-terminals for us */
    start(program: { file: string; argv: string[]; directory: string; env: Record<string, string>; size: TerminalSize }, events: TerminalEvents): Promise<TerminalProcess>;
}

/** Programs inside of running containers. */
export interface ContainerShells {
    /** A program that the image does not have ends at once, with 126 or 127. @throws NOT_FOUND, SERVICE_NOT_RUNNING, DOCKER_UNAVAILABLE */
    open(containerId: string, argv: string[], size: TerminalSize, events: TerminalEvents): Promise<TerminalProcess>;
}

export interface ContainerLogOptions {
    /** Lines from the end; null: all that the Engine still has. */
    tail: number | null;
    /** Epoch milliseconds: nothing that was printed before. */
    since?: number;
    /** Each line begins with the time at which it was printed. */
    hasTimestamps: boolean;
    /** Goes on with what is printed from now on, until the container ends. */
    isFollowed: boolean;
    signal: AbortSignal;
}

/** What containers have printed, as far as the Engine keeps it. */
export interface ContainerLogs {
    /** Standard output and standard error as they came, read only as fast as it is asked for. @throws NOT_FOUND, DOCKER_UNAVAILABLE, the signal's own reason */
    read(containerId: string, options: ContainerLogOptions): AsyncIterable<string>;
}
