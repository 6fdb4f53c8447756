import { useEffect, useRef } from "preact/hooks";

/** In localStorage: whether the user has turned off shortcuts of one key. */
const KEY = "no-shortcuts";

/** Whether keys without Ctrl or Alt are shortcuts. Users of speech input can turn them off (WCAG 2.2, 2.1.4). */
export const areShortcutsOn = (): boolean => localStorage.getItem(KEY) === null;
export function setShortcuts(isOn: boolean): void {
  if (isOn) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "");
}

/** Whether the key is typed into a field, or is for an open dialog. */
const isTaken = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  ctrlKey || metaKey || altKey || document.querySelector("dialog[open]") !== null
  || (target as Element).closest("input, select, textarea, [contenteditable]") !== null;

/** Runs an action when a key is pressed anywhere on the page. */
export function useShortcut(key: string, action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== key || event.defaultPrevented || isTaken(event) || !areShortcutsOn()) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [key]);
}
