export interface ProgressOptions {
    signal?: AbortSignal;
    /** Each line that the tool prints, without its line end. */
    onLine?: (stream: "out" | "err", text: string) => void;
}

/** A person's own pre- and post-build commands. @throws COMMAND_FAILED */
export interface Commands {
    run(
        input: {
            /** `sh`: one line of a list; `bash`: a whole script. */
            interpreter: "sh" | "bash";
            text: string;
            directory: string;
            /** The whole environment of the command besides PATH and HOME. */
            env: Record<string, string>;
            /** Throw-away container to run in; null: on this host. */
            image: string | null;
            runId: string;
        },
        options: ProgressOptions,
    ): Promise<void>;
}
