// Playback that passes over silence: where nobody speaks for long, it goes on shortly before the next words.
import type { Stretch, Timeline } from "./model.ts";
import type { Player } from "./player.ts";

const SHORTEST_MS = 1500;
const LEAD_MS = 300;
const STORAGE_KEY = "callscope.skip_silence";

/** The stretches of at least `SHORTEST_MS` in which nobody speaks, without the lead before the next words. */
export function silences(timeline: Timeline): Stretch[] {
  const speech = [...timeline.speech.agent, ...timeline.speech.customer].sort(([a], [b]) => a - b);
  const found: Stretch[] = [];
  let heardUntil = 0;
  for (const [start, end] of speech) {
    if (start - heardUntil >= SHORTEST_MS) found.push([heardUntil + LEAD_MS, start - LEAD_MS]);
    heardUntil = Math.max(heardUntil, end);
  }
  return found;
}

/** Returns what turns it on or off. */
export function startSilenceSkip(box: HTMLInputElement, player: Player, timeline: Timeline): () => void {
  const passed = silences(timeline);
  box.checked = localStorage.getItem(STORAGE_KEY) === "on";
  box.addEventListener("change", () => localStorage.setItem(STORAGE_KEY, box.checked ? "on" : "off"));
  player.addEventListener("position", () => {
    if (!box.checked || !player.isPlaying) return;
    const at = player.position_ms;
    const silence = passed.find(([start, end]) => at >= start && at < end);
    if (silence) player.seek(silence[1]);
  });
  return () => {
    if (!box.disabled) box.click();
  };
}
