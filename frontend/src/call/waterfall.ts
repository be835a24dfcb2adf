// Spans under one another on the time axis. Only the rows in sight exist, so that tens of thousands open and scroll.
import { rowOf, type Spans } from "./spans.ts";
import type { Viewport } from "./viewport.ts";

const ROW_PX = 22;
const LABEL_PX = 160;
const SMALLEST_BAR_PX = 2;
const INDENT_PX = 6;
const MOST_INDENT = 12;
const DETAIL_DELAY_MS = 120;

export interface WaterfallElements {
  readonly list: HTMLElement;
  readonly space: HTMLElement;
  readonly detail: HTMLElement;
  readonly playhead: HTMLElement;
}

interface Row {
  readonly root: HTMLElement;
  readonly bar: HTMLElement;
  readonly label: HTMLElement;
  at: number;
}

export class Waterfall {
  private readonly pool: Row[] = [];
  private rows: Int32Array = new Int32Array();
  private seen = "";
  private chosen = -1;
  private queued = false;
  private isSeeking = false;
  private reading: AbortController | null = null;
  private delay = 0;

  constructor(
    private readonly elements: WaterfallElements,
    private readonly spans: Spans,
    private readonly viewport: Viewport,
    /** Goes to a moment; null where there is nothing to play. */
    private readonly seek: ((at_ms: number) => void) | null,
  ) {
    const { list } = elements;
    list.addEventListener("scroll", () => this.redraw(), { passive: true });
    list.addEventListener("keydown", (event) => this.keys(event));
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("focus", () => { if (this.chosen < 0 && this.rows.length) this.choose(this.firstRow()); });
    new ResizeObserver(() => this.redraw()).observe(list);
    this.redraw();
  }

  redraw(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.draw();
    });
  }

  /** Scrolls to what happens at a moment: the first span that starts there or later. */
  reveal(at_ms: number): void {
    if (this.isSeeking) return;
    const { list } = this.elements;
    const row = this.rows.findIndex((at) => (this.spans.start_ms[at] as number) >= at_ms);
    if (row >= 0) list.scrollTop = Math.max(0, row - 1) * ROW_PX;
  }

  get hasErrors(): boolean {
    return this.spans.errors.size > 0;
  }

  /** Chooses the next span that failed, the first after the last. */
  chooseNextError(): void {
    const isError = (at: number): boolean => this.spans.errors.has(at);
    const later = this.rows.findIndex((at) => at > this.chosen && isError(at));
    const row = later >= 0 ? later : this.rows.findIndex(isError);
    if (row >= 0) this.choose(row);
  }

  /** Moves the line that shows where the player is. */
  showPosition(at_ms: number): void {
    const { playhead } = this.elements;
    const isInSight = at_ms >= this.viewport.start_ms && at_ms <= this.viewport.end_ms;
    playhead.hidden = !isInSight;
    if (isInSight) playhead.style.transform = `translateX(${this.viewport.toX(at_ms) - 1}px)`;
  }

  private firstRow(): number {
    return Math.min(Math.ceil(this.elements.list.scrollTop / ROW_PX), this.rows.length - 1);
  }

  private draw(): void {
    const { list, space } = this.elements;
    const { start_ms, end_ms } = this.viewport;
    const wanted = `${start_ms}/${end_ms}`;
    if (wanted !== this.seen) {
      this.seen = wanted;
      this.keepInPlace(() => {
        this.rows = this.spans.inSight(start_ms, end_ms);
        space.style.height = `${this.rows.length * ROW_PX}px`;
      });
    }
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 2);
    const count = Math.min(this.rows.length - first, Math.ceil(list.clientHeight / ROW_PX) + 4);
    while (this.pool.length < count) this.pool.push(this.makeRow());
    this.pool.forEach((row, index) => {
      row.root.hidden = index >= count;
      if (index < count) this.place(row, first + index);
    });
    this.mark();
  }

  /** Changes which rows there are while the one on top stays on top. */
  private keepInPlace(change: () => void): void {
    const { list } = this.elements;
    const top = this.rows[Math.floor(list.scrollTop / ROW_PX)];
    const rest = list.scrollTop % ROW_PX;
    change();
    if (top !== undefined) list.scrollTop = rowOf(this.rows, top) * ROW_PX + rest;
  }

  private makeRow(): Row {
    const root = document.createElement("div");
    root.setAttribute("role", "option");
    const bar = root.appendChild(document.createElement("i"));
    const label = root.appendChild(document.createElement("span"));
    label.className = "span-label";
    this.elements.space.append(root);
    return { root, bar, label, at: -1 };
  }

  private place(row: Row, index: number): void {
    const { spans } = this;
    const at = this.rows[index] as number;
    const start = spans.start_ms[at] as number;
    const end = spans.end_ms[at] as number;
    const left = Math.max(0, this.viewport.toX(start));
    const width = Math.max(SMALLEST_BAR_PX, Math.min(this.viewport.toX(end), this.viewport.width_px) - left);
    row.root.style.transform = `translateY(${index * ROW_PX}px)`;
    row.bar.style.transform = `translateX(${left}px)`;
    row.bar.style.width = `${width}px`;
    this.placeLabel(row.label, left, width, spans.depth[at] as number);
    if (row.at === at) return;
    row.at = at;
    row.root.id = `span-${at}`;
    row.root.className = `span-row${spans.errors.has(at) ? " is-error" : ""}`;
    row.bar.className = `span-bar part-${(spans.partOf(at) || "other").replaceAll("_", "-")}`;
    row.label.textContent = spans.label(at);
    row.root.setAttribute("aria-setsize", String(this.rows.length));
    row.root.setAttribute("aria-posinset", String(index + 1));
    row.root.setAttribute("aria-label", spans.describe(at));
  }

  /** The name stands behind the bar where there is room, else before it, else on it. */
  private placeLabel(label: HTMLElement, left: number, width: number, depth: number): void {
    const after = left + width + INDENT_PX;
    if (after + LABEL_PX <= this.viewport.width_px) {
      label.dataset["place"] = "after";
      label.style.transform = `translateX(${after}px)`;
    } else if (left >= LABEL_PX) {
      label.dataset["place"] = "before";
      label.style.transform = `translateX(${left - INDENT_PX}px) translateX(-100%)`;
    } else {
      label.dataset["place"] = "on";
      label.style.transform = `translateX(${left + INDENT_PX * (1 + Math.min(depth, MOST_INDENT))}px)`;
    }
  }

  private mark(): void {
    for (const row of this.pool) row.root.setAttribute("aria-selected", String(row.at === this.chosen && !row.root.hidden));
    const isDrawn = this.pool.some((row) => row.at === this.chosen && !row.root.hidden);
    if (isDrawn) this.elements.list.setAttribute("aria-activedescendant", `span-${this.chosen}`);
    else this.elements.list.removeAttribute("aria-activedescendant");
  }

  private choose(index: number): void {
    const { list } = this.elements;
    const row = Math.min(Math.max(0, index), this.rows.length - 1);
    const at = this.rows[row];
    if (at === undefined) return;
    this.chosen = at;
    const top = row * ROW_PX;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
    this.redraw();
    window.clearTimeout(this.delay);
    this.delay = window.setTimeout(() => void this.showDetail(at), DETAIL_DELAY_MS);
  }

  private keys(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.chosen < 0 ? this.firstRow() - 1 : rowOf(this.rows, this.chosen);
    const page = Math.max(1, Math.floor(this.elements.list.clientHeight / ROW_PX) - 1);
    const target = {
      ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + page, PageUp: row - page, Home: 0, End: this.rows.length - 1,
    }[event.key];
    if (target !== undefined) this.choose(target);
    else if (event.key === "Enter" && this.chosen >= 0) this.goTo(this.spans.start_ms[this.chosen] as number);
    else return;
    event.preventDefault();
  }

  private click(event: MouseEvent): void {
    const root = (event.target as Element | null)?.closest<HTMLElement>("[role=option]");
    const row = this.pool.find((one) => one.root === root);
    if (!row) return;
    const at_ms = this.spans.start_ms[row.at] as number;
    this.choose(rowOf(this.rows, row.at));
    this.goTo(at_ms);
  }

  private goTo(at_ms: number): void {
    // The player tells everybody that it was moved; who moved it here looks at a row and keeps it where it is.
    this.isSeeking = true;
    this.seek?.(at_ms);
    this.isSeeking = false;
  }

  private async showDetail(at: number): Promise<void> {
    const { detail } = this.elements;
    this.reading?.abort();
    const reading = (this.reading = new AbortController());
    try {
      const response = await fetch(this.spans.addressOf(at), reading);
      detail.innerHTML = await response.text();
    } catch (error) {
      if (reading.signal.aborted) return;
      detail.textContent = `The span could not be read: ${(error as Error).message}`;
    }
    detail.hidden = false;
  }
}
