// Charts of figures over time. The table beside each holds the same numbers; the drawing is for the eye alone.
import uPlot from "uplot";

interface Series {
  readonly label: string;
  readonly colour: string;
  readonly is_bar: boolean;
  readonly is_earlier: boolean;
  readonly values: readonly (number | null)[];
}

interface Chart {
  readonly unit: "ms" | "";
  readonly times_s: readonly number[];
  readonly series: readonly Series[];
}

const HEIGHT_PX = 220;

function token(name: string): string {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = `var(--${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function show(value: number | null, unit: Chart["unit"]): string {
  if (value === null) return "none";
  if (unit === "") return String(Math.round(value));
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

function toSeries(one: Series, unit: Chart["unit"]): uPlot.Series {
  const series: uPlot.Series = {
    label: one.label,
    stroke: token(one.colour),
    width: one.is_earlier ? 1 : 2,
    points: { show: !one.is_earlier, size: 4 },
    value: (_, value: number | null) => show(value, unit),
  };
  if (one.is_earlier) series.dash = [4, 4];
  if (one.is_bar && uPlot.paths.bars) {
    series.fill = token(one.colour);
    series.paths = uPlot.paths.bars({ size: [0.7, 24] });
    series.points = { show: false };
  }
  return series;
}

function draw(figure: HTMLElement, chart: Chart): uPlot {
  const axis: uPlot.Axis = {
    stroke: token("ink-soft"),
    grid: { stroke: token("line"), width: 1 },
    ticks: { stroke: token("line"), width: 1 },
    font: "11px system-ui, sans-serif",
  };
  const options: uPlot.Options = {
    width: figure.clientWidth,
    height: HEIGHT_PX,
    scales: { y: { range: (_, __, max) => [0, (max || 1) * 1.1] } },
    axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => show(tick, chart.unit)) }],
    series: [{}, ...chart.series.map((one) => toSeries(one, chart.unit))],
  };
  return new uPlot(options, [[...chart.times_s], ...chart.series.map((one) => [...one.values])], figure);
}

for (const figure of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  const source = document.querySelector(`#${CSS.escape(figure.dataset["chart"] ?? "")}`);
  const chart = JSON.parse(source?.textContent ?? "") as Chart;
  let plot = draw(figure, chart);
  const redraw = (): void => {
    plot.destroy();
    plot = draw(figure, chart);
  };
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT_PX })).observe(figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("callscope:theme", redraw);
}
document.documentElement.dataset["chartsReady"] = "";
