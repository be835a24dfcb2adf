// Single-key shortcuts. They can be switched off in the help sheet (WCAG 2.1.4) and never take a key from a field.

export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const STORAGE_KEY = "callscope.shortcuts";
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSABLE = "button, summary, input, [role=button]";

export function startShortcuts(shortcuts: Shortcuts, help: HTMLDialogElement): void {
  const toggle = help.querySelector<HTMLInputElement>("[data-shortcuts-toggle]");
  let isOn = localStorage.getItem(STORAGE_KEY) !== "off";
  if (toggle) {
    toggle.checked = isOn;
    toggle.addEventListener("change", () => {
      isOn = toggle.checked;
      localStorage.setItem(STORAGE_KEY, isOn ? "on" : "off");
    });
  }
  document.addEventListener("keydown", (event) => {
    if (!isOn || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element;
    if (help.open || target.closest(TYPING)) return;
    if (event.key === " " && target.closest(PRESSABLE)) return;
    const action = shortcuts[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
