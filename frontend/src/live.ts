// Parts of a page that the server sends anew when they change, and clocks that run meanwhile.

/** A stream that ended is opened again by the browser; until then the page shows what it last heard. */
function watch(box: HTMLElement, onChange: (box: HTMLElement) => void): void {
  const source = new EventSource(box.dataset["live"] ?? "");
  source.addEventListener("content", (event) => {
    box.innerHTML = (event as MessageEvent<string>).data;
    onChange(box);
    tick();
  });
  source.addEventListener("over", () => {
    source.close();
    location.reload();
  });
}

function elapsed(since: number): string {
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick(): void {
  for (const clock of document.querySelectorAll<HTMLElement>("[data-elapsed]")) {
    clock.textContent = elapsed(Date.parse(clock.dataset["elapsed"] ?? ""));
  }
}

/** Opens a stream for every element with `data-live`; `onChange` is told of each that was renewed. */
export function startLive(onChange: (box: HTMLElement) => void): void {
  const boxes = document.querySelectorAll<HTMLElement>("[data-live]");
  for (const box of boxes) watch(box, onChange);
  tick();
  if (boxes.length) setInterval(tick, 1000);
}
