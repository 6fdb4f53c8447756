import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isRightToLeft } from "../language";

/** What the keyboard reaches in a column. `from` is its time. The title of a column has none. */
type Stop = { id: string; from?: number };

/**
 * Makes a grid one tab stop (a roving tab index): the up and down arrow keys move in a column, the left and right ones to
 * the nearest time of the next column, Home and End in the column, and with Ctrl in the grid. `present` is the index of the
 * column where Tab enters the grid at first.
 */
export function useGridKeys(columns: readonly Stop[][], present: number) {
  const grid = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const all = columns.flat();
  const first = columns[present]?.find(({ from }) => from !== undefined) ?? all.find(({ from }) => from !== undefined) ?? all[0];
  const current = all.find(({ id }) => id === active)?.id ?? first?.id;
  const focus = (id: string | undefined) =>
    id !== undefined && grid.current?.querySelector<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`)?.focus();
  // If a refresh removes the item with the focus, the focus moves to another one, and not to the start of the page.
  const hadFocus = grid.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (hadFocus && document.activeElement === document.body) focus(current);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    const next = targetOf(columns, (event.target as HTMLElement).dataset["stop"], event);
    if (!next) return;
    event.preventDefault();
    focus(next.id);
  };
  const stop = (id: string) => ({ "data-stop": id, tabIndex: id === current ? 0 : -1, onFocus: () => setActive(id) });
  return { grid, stop, onKeyDown };
}

function targetOf(columns: readonly Stop[][], id: string | undefined, { key, ctrlKey }: KeyboardEvent): Stop | undefined {
  const column = columns.findIndex((stops) => stops.some((stop) => stop.id === id));
  const stops = columns[column];
  if (!stops) return undefined;
  const index = stops.findIndex((stop) => stop.id === id);
  const reached = columns.filter((stops) => stops.length > 0);
  switch (key) {
    case "ArrowDown":
      return stops[index + 1];
    case "ArrowUp":
      return stops[index - 1];
    case "ArrowLeft":
    case "ArrowRight": {
      const step = (key === "ArrowRight") === isRightToLeft ? -1 : 1;
      return nearest(reached[reached.indexOf(stops) + step], stops[index]!.from);
    }
    case "Home":
      return (ctrlKey ? reached[0] : stops)?.[0];
    case "End":
      return (ctrlKey ? reached.at(-1) : stops)?.at(-1);
    default:
      return undefined;
  }
}

/** Returns the stop that is nearest in time, or the title for a title. */
function nearest(stops: Stop[] | undefined, from: number | undefined): Stop | undefined {
  if (!stops) return undefined;
  const timed = stops.filter((stop) => stop.from !== undefined);
  if (from === undefined || timed.length === 0) return stops[0];
  const distance = (stop: Stop) => Math.abs(stop.from! - from);
  return timed.reduce((best, stop) => (distance(stop) < distance(best) ? stop : best));
}
