import { randomBytes } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import type { Duplex, Readable } from "node:stream";
import type Dockerode from "dockerode";
import { DeployError } from "../../domain/errors.ts";
import type { ContainerLogOptions, ContainerLogs, ContainerShells, TerminalEvents, TerminalProcess, TerminalSize } from "../../domain/ports.ts";
import { DockerApi } from "./docker-api.ts";
import { answer } from "./docker-connection.ts";
import type { DockerCliSettings } from "./docker-environment.ts";
import { textIn } from "./docker-log-stream.ts";

/** Keyboard input that the program in the container has not read yet. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** The script below needs about a second. */
const END_WITHIN_MS = 4000;
const NOT_STARTED_EXIT_CODE = 127;
/** In the environment of what a terminal starts, and of everything that starts. */
const TOKEN_VARIABLE = "GIT_DEPLOY_TERMINAL";
/**
 * The Engine cannot end an exec, and closing the connection leaves the shell running for as long as the container does. So everything in the
 * container that has the terminal's token in its environment is hung up, and a second later killed. The token is handed over as an argument.
 */
const END_SCRIPT = `for signal in HUP KILL; do
    found=
    for process in /proc/[0-9]*; do
        if grep -q "$1" "$process/environ" 2>/dev/null; then kill -s "$signal" "\${process##*/}" 2>/dev/null && found=1; fi
    done
    [ -n "$found" ] || exit 0
    [ "$signal" = KILL ] || sleep 1
done`;

/** Shells and logs of containers over the Engine's own API: no program of this machine is between, so none can be left behind. */
export class DockerTerminals implements ContainerShells, ContainerLogs {
    readonly #docker: DockerApi;

    constructor(settings: Pick<DockerCliSettings, "dockerSocket">) {
        this.#docker = new DockerApi(settings);
    }

    get #api(): Dockerode {
        return this.#docker.opened;
    }

    async open(containerId: string, argv: string[], size: TerminalSize, events: TerminalEvents): Promise<TerminalProcess> {
        const container = this.#api.getContainer(containerId);
        const token = `${TOKEN_VARIABLE}=${randomBytes(12).toString("hex")}`;
        const refuse = (status: number) => {
            if (status === 404) {
                throw new DeployError("NOT_FOUND", "The container is not there any more. Load the page again.");
            }
            if (status === 409) {
                throw new DeployError("SERVICE_NOT_RUNNING", "The container is not running. Start the stack, then open the shell again.");
            }
            return undefined;
        };
        const exec = await answer<Dockerode.Exec>(container.exec({ Cmd: argv, Env: ["TERM=xterm-256color", token], AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true }), refuse);
        const stream = await answer<Duplex>(exec.start({ hijack: true, stdin: true, Tty: true }), refuse);
        const terminal = new ContainerTerminal(container, exec, stream, token, events);
        terminal.resize(size);
        return terminal;
    }

    async *read(containerId: string, { tail, since, hasTimestamps, isFollowed, signal }: ContainerLogOptions): AsyncIterable<string> {
        signal.throwIfAborted();
        const container = this.#api.getContainer(containerId);
        // 409: it is being removed just now.
        const gone = (status: number) => {
            if (status === 404 || status === 409) {
                throw new DeployError("NOT_FOUND", "The container is not there any more. Load the page again.");
            }
            return undefined;
        };
        const info = await answer<Dockerode.ContainerInspectInfo>(container.inspect(), gone);
        // A whole log may be larger than the memory.
        const options = { stdout: true, stderr: true, follow: isFollowed, timestamps: hasTimestamps, tail: tail ?? "all", ...(since === undefined ? {} : { since: since / 1000 }) };
        const stream = await answer<Readable>(this.#docker.stream({ method: "GET", path: `/containers/${containerId}/logs?`, options }), gone);
        const stop = () => stream.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
        signal.addEventListener("abort", stop, { once: true });
        try {
            yield* textIn(stream as AsyncIterable<Buffer>, info.Config.Tty);
        } finally {
            signal.removeEventListener("abort", stop);
            stream.destroy();
        }
    }
}

class ContainerTerminal implements TerminalProcess {
    readonly #container: Dockerode.Container;
    readonly #exec: Dockerode.Exec;
    readonly #stream: Duplex;
    readonly #token: string;
    readonly #exited: Promise<void>;
    #isExited = false;
    #wantedSize: TerminalSize | null = null;
    #isResizing = false;

    constructor(container: Dockerode.Container, exec: Dockerode.Exec, stream: Duplex, token: string, events: TerminalEvents) {
        this.#container = container;
        this.#exec = exec;
        this.#stream = stream;
        this.#token = token;
        const decoder = new StringDecoder("utf8");
        stream.on("data", (chunk: Buffer) => events.onOutput(decoder.write(chunk)));
        stream.on("error", () => {
            // Followed by "close", which says all that can be said.
        });
        this.#exited = new Promise((resolve) => {
            stream.once("close", () => {
                this.#isExited = true;
                void this.#exitCode().then((exitCode) => {
                    events.onExit(exitCode);
                    resolve();
                });
            });
        });
    }

    write(text: string): void {
        if (this.#isExited) {
            return;
        }
        if (this.#stream.writableLength > MAX_UNREAD_BYTES) {
            throw new DeployError("TOO_MANY_REQUESTS", "The program in this terminal does not read what it is sent. Wait, or end it with Ctrl+C.");
        }
        this.#stream.write(text);
    }

    resize(size: TerminalSize): void {
        this.#wantedSize = size;
        if (!this.#isResizing) {
            this.#isResizing = true;
            void this.#resize().finally(() => (this.#isResizing = false));
        }
    }

    pause(): void {
        this.#stream.pause();
    }

    resume(): void {
        this.#stream.resume();
    }

    async end(): Promise<void> {
        if (this.#isExited) {
            return;
        }
        this.#stream.resume();
        // To a shell that waits for input this is the polite way, and the only one where the container has no grep.
        this.#stream.write("\u0003\u0004");
        let timer: NodeJS.Timeout | undefined;
        const enough = new Promise<void>((resolve) => {
            timer = setTimeout(resolve, END_WITHIN_MS);
        });
        try {
            await Promise.race([this.#endEverything().then(() => this.#exited), enough]);
        } finally {
            clearTimeout(timer);
            this.#stream.destroy();
        }
    }

    /** One after the other: until the program runs the Engine lets them all wait, and then takes them in any order. */
    async #resize(): Promise<void> {
        for (let size = this.#wantedSize; size !== null; size = this.#wantedSize) {
            this.#wantedSize = null;
            try {
                await this.#exec.resize({ w: size.columns, h: size.rows });
            } catch {
                // It has ended, or could not be started.
                return;
            }
        }
    }

    async #endEverything(): Promise<void> {
        try {
            const exec = await this.#container.exec({ Cmd: ["sh", "-c", END_SCRIPT, "end", this.#token], AttachStdout: true });
            const output = await exec.start({});
            output.resume();
            await new Promise((resolve) => output.once("close", resolve));
        } catch {
            // The container has ended, and with it all that ran there.
        }
    }

    async #exitCode(): Promise<number | null> {
        try {
            return (await this.#exec.inspect()).ExitCode;
        } catch {
            // The Engine forgets at once what it could not start.
            return NOT_STARTED_EXIT_CODE;
        }
    }
}
