import { useState } from "preact/hooks";
import { to } from "../route";
import { readDay, today, type PlainDate } from "../time";

/** The day that an address like `#/reports/2030-01-08` names, or today; none where it names something else. */
export function named([, date]: string[]): PlainDate | undefined {
  return date === undefined ? today() : readDay(date);
}

/**
 * The day that the address names, and what moves to another. That is no new page: the address follows without one, so
 * that the focus stays where the reader is.
 */
export function useDay(page: string, route: string[]): [PlainDate, (day: PlainDate) => void] {
  const [moved, setMoved] = useState({ route, day: named(route)! });
  const move = (day: PlainDate) => {
    setMoved({ route, day });
    history.replaceState(null, "", to(page, day.toString()));
  };
  return [moved.route === route ? moved.day : named(route)!, move];
}
