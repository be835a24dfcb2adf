/** Sets a switch as the viewer left it, and keeps how it is left. */
export function rememberSwitch(box: HTMLInputElement, storageKey: string): void {
  const before = localStorage.getItem(storageKey);
  if (before) box.checked = before === "on";
  box.addEventListener("change", () => localStorage.setItem(storageKey, box.checked ? "on" : "off"));
}
