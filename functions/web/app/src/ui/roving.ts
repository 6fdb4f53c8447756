import { useRef, useState } from "preact/hooks";
import { isRightToLeft } from "../language";

/**
 * Makes rows of buttons one tab stop (a roving tab index): the arrow keys move in a row and between rows, Home and End in a
 * row. `rows` are the ids of the buttons. `stop` returns the attributes of a button, and `focusFirst` moves the focus to the
 * first one.
 */
export function useRoving(rows: readonly (readonly string[])[]) {
  const group = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const all = rows.flat();
  const current = active !== undefined && all.includes(active) ? active : all[0];
  const focus = (id: string | undefined) =>
    id !== undefined && group.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const next = targetOf(rows, (event.target as HTMLElement).dataset["stop"], event.key);
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  };
  const stop = (id: string) => ({ "data-stop": id, tabIndex: id === current ? 0 : -1, onFocus: () => setActive(id) });
  return { group, stop, onKeyDown, focusFirst: () => focus(all[0]) };
}

function targetOf(rows: readonly (readonly string[])[], id: string | undefined, key: string): string | undefined {
  const row = rows.findIndex((ids) => id !== undefined && ids.includes(id));
  if (row < 0) return undefined;
  const ids = rows[row]!;
  const index = ids.indexOf(id!);
  /** The button at the same place of another row, or its last one. */
  const beside = (other: readonly string[] | undefined) => other?.[Math.min(index, other.length - 1)];
  switch (key) {
    case "ArrowDown":
      return beside(rows[row + 1]);
    case "ArrowUp":
      return beside(rows[row - 1]);
    case "ArrowLeft":
    case "ArrowRight":
      return ids[index + ((key === "ArrowRight") === isRightToLeft ? -1 : 1)];
    case "Home":
      return ids[0];
    case "End":
      return ids.at(-1);
    default:
      return undefined;
  }
}
