import { useState } from "preact/hooks";
import { hrefTo } from "../route";
import { parseDate, today, type PlainDate } from "../time";

/** Returns the date of a route like `#/reports/2030-01-08`, today if it has none, or undefined if it is not a date. */
export function dateOf([, date]: string[]): PlainDate | undefined {
  return date === undefined ? today() : parseDate(date);
}

/**
 * Returns the date of the route, and a function that changes it. A new date is not a new page: the function replaces
 * the address without a `hashchange` event, so that the focus stays where it is.
 */
export function useDate(page: string, route: string[]): [PlainDate, (day: PlainDate) => void] {
  const [changed, setChanged] = useState({ route, day: dateOf(route)! });
  const change = (day: PlainDate) => {
    setChanged({ route, day });
    history.replaceState(null, "", hrefTo(page, day.toString()));
  };
  return [changed.route === route ? changed.day : dateOf(route)!, change];
}
