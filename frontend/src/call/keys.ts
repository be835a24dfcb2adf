// Single-key shortcuts: a control names its own in aria-keyshortcuts. They can be switched off in the help sheet
// (WCAG 2.1.4) and never take a key from a field.
import { find } from "./find.ts";
import { rememberSwitch } from "./remembered.ts";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const NAMES: Readonly<Record<string, string>> = { " ": "Space", "+": "Plus" };
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSABLE = "button, summary, input, [role=button]";

/** Does what the key stands for, if it stands for anything. */
export function press(keys: Keys, event: KeyboardEvent): void {
  const action = keys[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action(event);
}

/** `further` are the keys that no control of the page stands for. */
export function startShortcuts(further: Keys): void {
  const help = find<HTMLDialogElement>("#help");
  const toggle = find<HTMLInputElement>("[data-shortcuts-toggle]", help);
  rememberSwitch(toggle, "callscope.shortcuts");
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (!toggle.checked || event.defaultPrevented || help.open || target.closest(TYPING)) return;
    if (event.key === " " && target.closest(PRESSABLE)) return;
    const name = CSS.escape(NAMES[event.key] ?? event.key);
    const control = document.querySelector<HTMLElement>(`[aria-keyshortcuts~="${name}"]`);
    press(control ? { [event.key]: () => control.click() } : further, event);
  });
}
