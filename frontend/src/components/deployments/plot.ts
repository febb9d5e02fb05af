import type uPlot from "uplot";

export interface PlotSeries {
    label: string;
    /** One value per day; null where there is none. */
    values: (number | null)[];
    /** A CSS variable of the theme, such as `--good`. */
    color: string;
}

export interface OpenPlot {
    resize(width: number): void;
    close(): void;
}

export interface PlotInput {
    /** Days as 2026-01-31. */
    days: readonly string[];
    series: readonly PlotSeries[];
    /** `bars` are stacked in the order of the series. */
    kind: "bars" | "points";
    heightPx: number;
    format: (value: number) => string;
    formatDay: (date: Date) => string;
}

/** Draws days from left to right. The library and its styles come when the first plot is wanted. Colours are those of the element's theme at this moment. */
export async function openPlot(element: HTMLElement, input: PlotInput): Promise<OpenPlot> {
    const [{ default: Plot }] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
    const style = getComputedStyle(element);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: `11px ${style.fontFamily}` };
    const xs = input.days.map((_, index) => index);
    const stacked = input.kind === "bars" ? stack(input.series) : input.series.map(({ values }) => values);
    // The tallest of a stack is drawn first, so that the others lie before it.
    const order = input.kind === "bars" ? stacked.map((_, index) => index).reverse() : stacked.map((_, index) => index);
    const plot = new Plot(
        {
            width: Math.max(120, element.clientWidth),
            height: input.heightPx,
            legend: { show: false },
            cursor: { show: false },
            padding: [8, 22, 0, 0],
            scales: { x: { time: false, range: () => [-0.6, Math.max(0, xs.length - 1) + 0.6] }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
            axes: [
                { ...axis, grid: { show: false }, size: 22, splits: () => edges(xs.length), values: (_plot, at) => at.map((index) => input.formatDay(new Date(`${input.days[index] ?? ""}T00:00:00`))) },
                { ...axis, size: 46, space: 28, incrs: input.kind === "bars" ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000] : [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400, 604_800], values: (_plot, at) => at.map((value) => input.format(value)) },
            ],
            series: [
                {},
                ...order.map((at): uPlot.Series => {
                    const drawn = color(input.series[at]?.color ?? "--muted");
                    const bars = Plot.paths.bars?.({ size: [0.72, 22], radius: 0.2 });
                    return input.kind === "bars" && bars !== undefined
                        ? { stroke: drawn, fill: drawn, width: 0, paths: bars, points: { show: false } }
                        : { stroke: drawn, width: 2, spanGaps: true, points: { show: true, size: 5, fill: drawn } };
                }),
            ],
        },
        [xs, ...order.map((at) => stacked[at] ?? [])] as uPlot.AlignedData,
        element,
    );
    return { resize: (width) => plot.setSize({ width: Math.max(120, width), height: input.heightPx }), close: () => plot.destroy() };
}

/** Each series on top of those before it. */
function stack(series: readonly PlotSeries[]): (number | null)[][] {
    const sums: number[] = [];
    return series.map(({ values }) =>
        values.map((value, index) => {
            sums[index] = (sums[index] ?? 0) + (value ?? 0);
            return sums[index] === 0 ? null : sums[index];
        }),
    );
}

/** Labels at both ends and in the middle: more of them do not fit on a phone. */
function edges(count: number): number[] {
    return count < 3 ? [0] : [0, Math.round((count - 1) / 2), count - 1];
}
