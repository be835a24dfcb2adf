// The call page: wires the timeline, the player, the transcript and the keyboard to one playhead.
import { find } from "./call/find.ts";
import { press, startShortcuts, type Keys } from "./call/keys.ts";
import { clock, gapLength, neighbour, slowResponses, span, type Timeline } from "./call/model.ts";
import { Peaks } from "./call/peaks.ts";
import { Player, type Solo } from "./call/player.ts";
import { rememberSwitch } from "./call/remembered.ts";
import { TimelineView } from "./call/timeline.ts";
import { startTraces } from "./call/traces.ts";
import { TranscriptView } from "./call/transcript.ts";

const LEAD_MS = 1500;
const STEP_MS = 5000;
const LARGE_STEP_MS = 30_000;
const SLOW_STORAGE_KEY = "callscope.slow_ms";

async function start(root: HTMLElement): Promise<void> {
  const opening = openPeaks(root);
  const response = await fetch(root.dataset["timeline"] ?? "");
  if (!response.ok) throw new Error(`The timeline could not be read (HTTP ${response.status}).`);
  const timeline = (await response.json()) as Timeline;
  const audio = document.querySelector<HTMLAudioElement>("[data-audio]");
  const player = new Player(audio, timeline.duration_ms);
  const view = new TimelineView(
    {
      root,
      canvas: find("[data-canvas]", root),
      overview: find("[data-overview]", root),
      tip: find("[data-tip]", root),
    },
    timeline,
    player,
  );
  const box = document.querySelector<HTMLElement>("[data-transcript]");
  if (box) new TranscriptView(box, find("[data-follow]"), player);
  startTransport(player, view, timeline);
  startSilenceSkip(player, timeline);
  startKeys(player, find("[data-slider]", root), timeline.duration_ms);
  startSlider(root, player, view, timeline);
  startDeepLinks(player);
  const waterfall = root.querySelector<HTMLElement>("[data-waterfall]");
  if (waterfall) void startTraces(waterfall, { viewport: () => view.viewport, onChange: (act) => { view.onAxis = act; act(); }, player });
  view.show(await opening);
  document.documentElement.dataset["callReady"] = "";
}

/** Asks for the waveform's overview, beside the timeline and not after it. */
async function openPeaks(root: HTMLElement): Promise<Peaks | null> {
  const { peaks: url, lengthMs } = root.dataset;
  if (!url) return null;
  const peaks = new Peaks(url, Number(lengthMs));
  await peaks.open(Math.min(2000, Math.max(600, root.clientWidth)));
  return peaks;
}

function startTransport(player: Player, view: TimelineView, timeline: Timeline): void {
  const play = find<HTMLButtonElement>("[data-play]");
  const position = find<HTMLElement>("[data-position]");
  const announcer = find<HTMLElement>("[data-announce]");
  const speed = find<HTMLSelectElement>("[data-speed]");
  const solo = find<HTMLSelectElement>("[data-solo]");
  const slow = startThreshold(view, timeline);

  const jump = (direction: 1 | -1): void => {
    const found = neighbour(slowResponses(timeline, slow()), player.position_ms, direction, LEAD_MS);
    if (!found) {
      announcer.textContent = `No ${direction === 1 ? "later" : "earlier"} response of ${span(slow())} or more.`;
      return;
    }
    player.seek(Math.max(0, found.start_ms - LEAD_MS));
    announcer.textContent = `Response of ${span(gapLength(found))} at ${clock(found.start_ms)}.`;
  };

  player.addEventListener("state", () => {
    play.setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
    play.dataset["state"] = player.isPlaying ? "playing" : "paused";
  });
  player.addEventListener("failed", () => {
    announcer.textContent = "The recording cannot be played. Reload the page; if it stays so, see the analysis above.";
  });
  const showPosition = (): void => { position.textContent = clock(player.position_ms); };
  player.addEventListener("position", showPosition);
  showPosition();
  // Rounded as the page's head rounds it.
  find("[data-length]").textContent = clock(Math.round(timeline.duration_ms / 1000) * 1000, 0);
  document.querySelector("[data-take-position]")?.addEventListener("click", () => {
    find<HTMLInputElement>("[data-note-at]").value = clock(player.position_ms);
  });
  play.addEventListener("click", () => void player.toggle());
  speed.addEventListener("change", () => { player.speed = Number(speed.value); });
  solo.addEventListener("change", () => {
    const choice: Solo = solo.value === "both" ? "both" : Number(solo.value);
    player.solo(choice, solo.options.length - 1);
  });
  find("[data-next-slow]").addEventListener("click", () => jump(1));
  find("[data-previous-slow]").addEventListener("click", () => jump(-1));
  find("[data-zoom-in]").addEventListener("click", () => view.zoom(2));
  find("[data-zoom-out]").addEventListener("click", () => view.zoom(0.5));
  find("[data-zoom-fit]").addEventListener("click", () => view.fit());
  find("[data-copy-moment]").addEventListener("click", () => void copyMoment(player, announcer));
}

/** Playback passes over silence: where nobody speaks for long, it goes on shortly before the next words. */
function startSilenceSkip(player: Player, timeline: Timeline): void {
  const box = find<HTMLInputElement>("[data-skip-silence]");
  rememberSwitch(box, "callscope.skip_silence");
  player.addEventListener("position", () => {
    if (!box.checked || !player.isPlaying) return;
    const at = player.position_ms;
    const silence = timeline.silences.find(([start, end]) => at >= start && at < end);
    if (silence) player.seek(silence[1]);
  });
}

/** The keys that no button of the page stands for. */
function startKeys(player: Player, slider: HTMLElement, duration_ms: number): void {
  const step = (direction: 1 | -1) => (event: KeyboardEvent): void =>
    player.seek(player.position_ms + direction * (event.shiftKey ? LARGE_STEP_MS : STEP_MS));
  const steps: Keys = { ArrowLeft: step(-1), ArrowRight: step(1) };
  const toEnds: Keys = { Home: () => player.seek(0), End: () => player.seek(duration_ms) };
  slider.addEventListener("keydown", (event) => press({ ...steps, ...toEnds }, event));
  const choose = (select: HTMLSelectElement, index: number): void => {
    if (select.disabled) return;
    select.selectedIndex = Math.min(Math.max(0, index), select.options.length - 1);
    select.dispatchEvent(new Event("change"));
  };
  const speed = find<HTMLSelectElement>("[data-speed]");
  const solo = find<HTMLSelectElement>("[data-solo]");
  startShortcuts({
    ...steps,
    "<": () => choose(speed, speed.selectedIndex - 1),
    ">": () => choose(speed, speed.selectedIndex + 1),
    s: () => choose(solo, (solo.selectedIndex + 1) % solo.options.length),
  });
}

/** The slow threshold the viewer chose, remembered; returns how to read it. */
function startThreshold(view: TimelineView, timeline: Timeline): () => number {
  const choice = find<HTMLSelectElement>("[data-slow-ms]");
  const count = find<HTMLElement>("[data-slow-count]");
  const remembered = localStorage.getItem(SLOW_STORAGE_KEY);
  if (remembered && [...choice.options].some((option) => option.value === remembered)) choice.value = remembered;
  const apply = (): void => {
    view.slow_ms = Number(choice.value);
    const found = slowResponses(timeline, view.slow_ms).length;
    count.textContent = `${found} slow`;
    view.redraw();
  };
  choice.addEventListener("change", () => {
    localStorage.setItem(SLOW_STORAGE_KEY, choice.value);
    apply();
  });
  apply();
  return () => Number(choice.value);
}

function startSlider(root: HTMLElement, player: Player, view: TimelineView, timeline: Timeline): void {
  const slider = find<HTMLElement>("[data-slider]", root);
  let shown = -1;
  const update = (): void => {
    const second = Math.floor(player.position_ms / 1000);
    if (second === shown) return;
    shown = second;
    slider.setAttribute("aria-valuenow", String(second));
    slider.setAttribute("aria-valuetext", view.describe(player.position_ms));
  };
  slider.setAttribute("aria-valuemax", String(Math.ceil(timeline.duration_ms / 1000)));
  player.addEventListener("position", update);
  update();
}

/** `#t=83.2` is a moment. Links of that form seek without a new entry in the history. */
function startDeepLinks(player: Player): void {
  const follow = (hash: string): boolean => {
    const match = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
    if (match) player.seek(Number(match[1]) * 1000);
    return match !== null;
  };
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest<HTMLAnchorElement>('a[href^="#t="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (follow(link.hash)) {
      event.preventDefault();
      history.replaceState(null, "", link.hash);
    }
  });
  window.addEventListener("hashchange", () => follow(location.hash));
  follow(location.hash);
}

async function copyMoment(player: Player, announcer: HTMLElement): Promise<void> {
  const moment = `#t=${(player.position_ms / 1000).toFixed(1)}`;
  history.replaceState(null, "", moment);
  await navigator.clipboard.writeText(location.href);
  announcer.textContent = `Link to ${clock(player.position_ms)} copied.`;
}

const root = document.querySelector<HTMLElement>("[data-call]");
if (root) {
  start(root).catch((error: unknown) => {
    find<HTMLElement>("[data-announce]").textContent = (error as Error).message;
    throw error;
  });
}
