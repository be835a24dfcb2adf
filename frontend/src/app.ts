// What every page has: htmx for fragments, the theme toggle, times in the viewer's zone, copy buttons.
import "htmx.org";
import { startLive } from "./live.ts";

const THEMES = ["system", "light", "dark"] as const;

function startThemeToggle(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-theme-toggle]");
  if (!button) return;
  const label = button.querySelector("[data-theme-name]");
  const show = (): void => {
    const theme = document.documentElement.dataset["theme"] ?? "system";
    if (label) label.textContent = theme;
  };
  button.addEventListener("click", () => {
    const current = document.documentElement.dataset["theme"] ?? "system";
    const next = THEMES[(THEMES.findIndex((theme) => theme === current) + 1) % THEMES.length] ?? "system";
    if (next === "system") {
      delete document.documentElement.dataset["theme"];
      localStorage.removeItem("callscope.theme");
    } else {
      document.documentElement.dataset["theme"] = next;
      localStorage.setItem("callscope.theme", next);
    }
    show();
    document.dispatchEvent(new CustomEvent("callscope:theme"));
  });
  show();
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const HOUR = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
});
const SHORT_MOMENT = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/** Puts `<time data-local>` into the viewer's zone; the title keeps UTC as the server wrote it. */
function showLocalTimes(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const isThisYear = moment.getFullYear() === new Date().getFullYear();
    const style = time.dataset["local"];
    const format = style === "hour" ? HOUR : style === "short" && isThisYear ? SHORT_MOMENT : MOMENT;
    time.textContent = format.format(moment);
  }
}

function startCopyButtons(): void {
  document.addEventListener("click", async (event) => {
    const button = (event.target as Element | null)?.closest<HTMLButtonElement>("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset["copy"] ?? "");
    if (!source) return;
    await navigator.clipboard.writeText((source.textContent ?? "").trim());
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  });
}

/** `data-opens="id"` shows that dialog; `data-closes` closes the one it stands in. */
function startSheets(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element | null)?.closest<HTMLButtonElement>("[data-opens], [data-closes]");
    if (!button) return;
    const { opens } = button.dataset;
    if (opens === undefined) button.closest("dialog")?.close();
    else document.querySelector<HTMLDialogElement>(`#${CSS.escape(opens)}`)?.showModal();
  });
}

/** What is typed into a field of date and time is meant in the viewer's zone; the server is asked in UTC. */
function startLocalMoments(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-local-moments]")) {
    const fields = [...form.querySelectorAll<HTMLInputElement>("input[type=datetime-local]")];
    for (const field of fields) {
      const moment = new Date(field.dataset["moment"] ?? "");
      if (Number.isNaN(moment.getTime())) continue;
      field.value = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    }
    form.addEventListener("formdata", ({ formData }) => {
      for (const { name, value } of fields) if (value) formData.set(name, new Date(value).toISOString());
    });
  }
}

startThemeToggle();
startLocalMoments();
startCopyButtons();
startSheets();
startLive(showLocalTimes);
showLocalTimes(document);
document.addEventListener("htmx:after:swap", () => showLocalTimes(document));
