import { watch, type FSWatcher } from "node:fs";
import path from "node:path";
import { COMPOSE_FILE_NAMES } from "../../../domain/compose/compose-files.ts";
import { EMPTY_STACK_MARKER, type StackFiles } from "../../stacks/stack-files.ts";
import { Coalescer } from "./coalescer.ts";

/**
 * Network file systems and full inotify tables tell nothing, so everything is looked at once in a while anyway, and at once when somebody asks for the list.
 * With a thousand stacks that takes a tenth of a second of processor time, so it is not done every minute.
 */
const RESCAN_MS = 5 * 60_000;
/** A backup that comes back makes a thousand folders, each with events of its own; they are looked at together. */
const GATHER_MS = 50;
const WATCHED_NAMES: ReadonlySet<string> = new Set([...COMPOSE_FILE_NAMES, EMPTY_STACK_MARKER]);

/** Tells when a stack folder comes, goes, or gains or loses its compose file, whoever did it. */
export class StacksWatcher {
    readonly #files: Pick<StackFiles, "root" | "folderNames">;
    readonly #onChange: () => void;
    readonly #onTime: () => void;
    #root: FSWatcher | null = null;
    #timer: NodeJS.Timeout | null = null;
    readonly #folders = new Map<string, FSWatcher>();
    readonly #looks = new Coalescer(GATHER_MS, () => this.#watchFolders());

    /** `onTime`: nothing was noticed, but a look is due. */
    constructor(files: Pick<StackFiles, "root" | "folderNames">, { onChange, onTime }: { onChange: () => void; onTime: () => void }) {
        this.#files = files;
        this.#onChange = onChange;
        this.#onTime = onTime;
    }

    async start(): Promise<void> {
        this.#root = this.#watch(this.#files.root, (name) => {
            // The folder may be another one of the same name, which the old watch does not see.
            this.#unwatch(name);
            this.#onChange();
            this.#looks.poke();
        });
        this.#timer = setInterval(() => {
            this.#onTime();
            this.#looks.poke();
        }, RESCAN_MS);
        this.#timer.unref();
        await this.#watchFolders();
    }

    stop(): void {
        this.#looks.stop();
        if (this.#timer !== null) {
            clearInterval(this.#timer);
        }
        this.#root?.close();
        this.#root = null;
        for (const watcher of this.#folders.values()) {
            watcher.close();
        }
        this.#folders.clear();
    }

    async #watchFolders(): Promise<void> {
        const names = new Set(await this.#files.folderNames().catch(() => []));
        if (this.#root === null) {
            return;
        }
        for (const name of [...this.#folders.keys()]) {
            if (!names.has(name)) {
                this.#unwatch(name);
            }
        }
        for (const name of names) {
            if (!this.#folders.has(name)) {
                // Databases write into stack folders all the time; only the names that make a stack matter.
                const watcher = this.#watch(path.join(this.#files.root, name), (changed) => {
                    if (changed === null || WATCHED_NAMES.has(changed)) {
                        this.#onChange();
                    }
                });
                if (watcher !== null) {
                    this.#folders.set(name, watcher);
                    // What happened between the folder's creation and this watch was not seen.
                    this.#onChange();
                }
            }
        }
    }

    #unwatch(name: string | null): void {
        if (name !== null) {
            this.#folders.get(name)?.close();
            this.#folders.delete(name);
        }
    }

    #watch(directory: string, onEvent: (name: string | null) => void): FSWatcher | null {
        try {
            const watcher = watch(directory, { persistent: false }, (_event, name) => onEvent(name));
            watcher.on("error", () => {
                watcher.close();
                for (const [name, known] of this.#folders) {
                    if (known === watcher) {
                        this.#folders.delete(name);
                    }
                }
            });
            return watcher;
        } catch {
            return null;
        }
    }
}
