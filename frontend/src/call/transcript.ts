// The transcript follows the playhead. Long transcripts come in pages; a page is fetched when it is reached.
import { lastStartedBy } from "./model.ts";
import type { Player } from "./player.ts";

export class TranscriptView {
  private current: Element | null = null;
  private following = true;
  private scrollingUntil = 0;
  private readonly pages: HTMLElement[];
  private readonly pageStarts: number[];

  constructor(
    private readonly box: HTMLElement,
    private readonly followButton: HTMLButtonElement,
    private readonly player: Player,
  ) {
    this.pages = [...box.querySelectorAll<HTMLElement>("[data-page]")];
    this.pageStarts = this.pages.map((page) => Number(page.dataset["startMs"]));
    player.addEventListener("position", () => this.update());
    player.addEventListener("seek", () => this.setFollowing(true));
    box.addEventListener("click", (event) => this.click(event));
    for (const kind of ["wheel", "touchmove", "pointerdown"]) {
      box.addEventListener(kind, () => { if (this.player.isPlaying) this.setFollowing(false); }, { passive: true });
    }
    followButton.addEventListener("click", () => { this.setFollowing(true); this.update(true); });
    box.addEventListener("htmx:after:swap", () => this.update(true));
    this.setFollowing(true);
  }

  private setFollowing(following: boolean): void {
    this.following = following;
    this.followButton.hidden = following;
  }

  /** A click anywhere on an entry seeks, unless it ends a selection of text. */
  private click(event: MouseEvent): void {
    const target = event.target as Element;
    const entry = target.closest<HTMLElement>("[data-entry-ms]");
    if (!entry || target.closest("a, button, summary, details") || !getSelection()?.isCollapsed) return;
    this.player.seek(Number(entry.dataset["entryMs"]));
  }

  update(force = false): void {
    const at_ms = this.player.position_ms;
    const page = this.pages[Math.max(0, lastStartedBy(this.pageStarts, at_ms + 1))];
    if (!page) return;
    if (page.dataset["loaded"] === undefined && !page.querySelector("[data-entry-ms]")) {
      page.dataset["loaded"] = "";
      page.dispatchEvent(new Event("callscope:load"));
    }
    const entries = [...page.querySelectorAll<HTMLElement>("[data-entry-ms]")];
    const index = lastStartedBy(entries.map((entry) => Number(entry.dataset["entryMs"])), at_ms + 1);
    const entry = entries[index] ?? null;
    if (entry === this.current && !force) return;
    if (entry !== this.current) {
      this.current?.removeAttribute("aria-current");
      this.current = entry;
      entry?.setAttribute("aria-current", "true");
    }
    if (this.following) this.scrollTo(entry ?? page);
  }

  private scrollTo(entry: HTMLElement): void {
    const now = performance.now();
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || now < this.scrollingUntil;
    this.scrollingUntil = now + 300;
    const box = this.box.getBoundingClientRect();
    const top = entry.getBoundingClientRect().top - box.top + this.box.scrollTop;
    // A third down the part of the box that is on screen, so that what was said before stays in sight.
    const inSight = Math.min(box.bottom, window.innerHeight) - Math.max(box.top, 0);
    const lead = Math.max(0, (inSight - entry.offsetHeight) / 3);
    this.box.scrollTo({ top: top - lead, behavior: isCalm ? "instant" : "smooth" });
  }
}
