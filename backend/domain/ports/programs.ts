export interface ProgressOptions {
    signal?: AbortSignal;
    /** The lines that the tool prints, as many as came together: joined by line ends, without the last one. */
    onLines?: (stream: "out" | "err", text: string) => void;
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

/** What a server that was killed has left running in containers of build commands: nobody ends it in there. */
export interface LeftCommands {
    /** Ends what a command of this run has left, and waits. @returns whether there was something @throws DOCKER_UNAVAILABLE */
    endLeft(runId: string): Promise<boolean>;
}

/** What a server that was killed has left running on this machine: commands, git, docker. */
export interface LeftPrograms {
    /** Ends it and waits, some seconds at most. What this process has started, and everybody else's, is left alone. @returns processes that there were, and that are still there */
    end(): Promise<{ found: number; remaining: number }>;
}
