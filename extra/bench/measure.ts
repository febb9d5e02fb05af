import { readdir, readFile, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import os from "node:os";

/** What every benchmark shares: taking turns, medians, the memory and processor time of a whole process tree, and the table. */

const MIB = 1024 * 1024;
/** Of /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** How often the highest memory is looked for. */
const WATCH_EVERY_MS = 100;

export function quantile(values: readonly number[], share: number): number {
    const sorted = values.toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
    return quantile(values, 0.5);
}

/** `median [min–max]` */
export function spread(values: readonly number[], digits = 0): string {
    const text = (share: number) => quantile(values, share).toFixed(digits);
    return `${text(0.5)} [${text(0)}–${text(1)}]`;
}

/** Median of the quotients of each round: what disturbs one round disturbs both. */
export function ratio(values: readonly number[], against: readonly number[]): string {
    return median(values.map((value, round) => value / (against[round] ?? Number.NaN))).toFixed(2);
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
}

/** Every variant once a round, in turns, each round beginning with another; the first round warms caches and does not count. */
export async function alternate<Name extends string, Sample>(rounds: number, variants: Record<Name, (round: number) => Promise<Sample>>): Promise<Record<Name, Sample[]>> {
    const names = Object.keys(variants) as Name[];
    const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
    for (let round = 0; round <= rounds; round += 1) {
        for (let turn = 0; turn < names.length; turn += 1) {
            const name = names[(turn + round) % names.length] as Name;
            const sample = await variants[name](round);
            if (round > 0) {
                samples[name].push(sample);
            }
        }
    }
    return samples;
}

interface Usage {
    memoryMib: number;
    cpuSeconds: number;
}

/** Resident memory of a process and of everything that it has started and that still runs; processor time of these, and of what has ended. */
export async function usageOfTree(pid: number): Promise<Usage> {
    const seen = new Map<number, { parent: number; usage: Usage }>();
    for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
        try {
            const stat = await readFile(`/proc/${name}/stat`, "utf8");
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            const kib = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${name}/status`, "utf8"))?.[1] ?? 0);
            // utime, stime, cutime, cstime: the last two are of children that have ended.
            const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
            seen.set(Number(name), { parent: Number(fields[1]), usage: { memoryMib: (kib * 1024) / MIB, cpuSeconds: ticks / TICKS_PER_SECOND } });
        } catch {
            // It ended meanwhile.
        }
    }
    const sum = { memoryMib: 0, cpuSeconds: 0 };
    for (const [own, { usage }] of seen) {
        let at: number | undefined = own;
        while (at !== undefined && at !== pid) {
            at = seen.get(at)?.parent;
        }
        if (at === pid) {
            sum.memoryMib += usage.memoryMib;
            sum.cpuSeconds += usage.cpuSeconds;
        }
    }
    return sum;
}

/** Of one process alone: its processor time, its resident memory, and the most that this has been since `forgetPeak`. Linux counts them by itself, so measuring costs nothing. */
export async function usageOf(pid: number): Promise<{ cpuSeconds: number; nowMib: number; peakMib: number }> {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const mib = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024) / MIB;
    return { cpuSeconds: ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND, nowMib: mib("VmRSS"), peakMib: mib("VmHWM") };
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
export async function forgetPeak(pid: number): Promise<void> {
    await writeFile(`/proc/${pid}/clear_refs`, "5");
}

/** Looks until it is stopped. @returns the highest memory that was seen, in MiB */
export function watchMemory(pid: number): { stop: () => Promise<number> } {
    let highest = 0;
    let isRunning = true;
    const loop = (async () => {
        while (isRunning) {
            highest = Math.max(highest, (await usageOfTree(pid)).memoryMib);
            await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
        }
    })();
    return {
        stop: async () => {
            isRunning = false;
            await loop;
            return highest;
        },
    };
}

/** A Markdown table for docs/performance.md, under the machine and the versions it was measured with. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const versions = [`Node ${process.version}`, ...["{{.Server.Version}}"].map((format) => `dockerd ${output("docker", ["version", "--format", format])}`), `Compose ${output("docker", ["compose", "version", "--short"])}`];
    const load = os.loadavg()[0]?.toFixed(1) ?? "?";
    console.log(`\n${os.cpus()[0]?.model ?? "?"}, ${os.availableParallelism()} CPUs, ${versions.join(", ")}, load average at the end ${load}\n`);
    console.log([`| ${header.join(" | ")} |`, `|${"---|".repeat(header.length)}`, ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n"));
}

function output(file: string, argv: string[]): string {
    try {
        return execFileSync(file, argv, { encoding: "utf8" }).trim();
    } catch {
        return "?";
    }
}
