// The route is the part of the address after the #: `#/doctors/3?date=2030-01-08`. The paths before it belong to the API.
import { useLayoutEffect, useState } from "preact/hooks";
import { navigation } from "./navigation";

export type Query = Readonly<Record<string, string>>;
/** `path` is never empty: that of the start page is `[""]`. */
export type Route = { path: readonly string[]; query: Query };

const changed = new EventTarget();

export function currentRoute(): Route {
  const [path = "", query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").map(decode), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** A part of an address that is not valid leads to no page. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "%";
  }
}

/** Functions that decide whether the user may leave the page. */
const guards = new Set<() => boolean>();
/** The number of the present entry in the browser's history, if the browser says it (Navigation API). */
const entryIndex = () => navigation?.currentEntry?.index;
/** The page that is shown. */
let shown = { address: location.href, index: entryIndex() };

/** Asks before another page is opened: if `mayLeave` returns false, this page stays. Returns a function that ends this. */
export function guardPage(mayLeave: () => boolean): () => void {
  guards.add(mayLeave);
  return () => void guards.delete(mayLeave);
}

const pageOf = (address: string) => new URL(address).hash.split("?")[0];

/** Returns to the page that is shown, by the way on which the user has left it. */
function stay(): void {
  const index = entryIndex();
  if (index === undefined || shown.index === undefined) history.pushState(null, "", shown.address);
  else history.go(shown.index - index);
}

addEventListener("hashchange", () => {
  const isOther = pageOf(location.href) !== pageOf(shown.address);
  if (isOther && [...guards].some((mayLeave) => !mayLeave())) return stay();
  noteChange();
});

function noteChange(): void {
  shown = { address: location.href, index: entryIndex() };
  changed.dispatchEvent(new Event("route"));
}

/** Returns the current route. Renders again when it changes. */
export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  // At once: an effect after the painting would miss a change before it.
  useLayoutEffect(() => {
    const update = () => setRoute(currentRoute());
    changed.addEventListener("route", update);
    return () => changed.removeEventListener("route", update);
  }, []);
  return route;
}

/** Returns the id in a part of an address, if it is one. */
export const idIn = (text: string | undefined): number | undefined => (/^[1-9]\d{0,14}$/.test(text ?? "") ? Number(text) : undefined);

/** Returns the `href` of a route, for a link. */
export const hrefTo = (...path: readonly (string | number)[]): string => `#/${path.map(encodeURIComponent).join("/")}`;

/** Returns the `href` of a route with a query. Values that are empty are left out. */
export function hrefWith(path: readonly (string | number)[], query: Query): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return given.size > 0 ? `${hrefTo(...path)}?${given}` : hrefTo(...path);
}

/** Opens the address of a route. An open dialog closes, and its entry in the browser's history becomes the new page's. */
export function open(href: string): void {
  if ((history.state as { dialog?: number } | null)?.dialog !== undefined) location.replace(href);
  else location.hash = href;
}

/** Opens a route. */
export const goTo = (...path: readonly (string | number)[]): void => open(hrefTo(...path));

/** Opens a route in place of the current one: the browser's history no longer has the address of the current one. */
export function replaceRoute(...path: readonly (string | number)[]): void {
  location.replace(hrefTo(...path));
}

let isLeavingDialog = false;

/** Goes back from the history's entry of a dialog that has been closed. This takes a moment. */
export function leaveDialog(): void {
  isLeavingDialog = true;
  addEventListener("popstate", () => (isLeavingDialog = false), { once: true });
  history.back();
}

/** Changes the history now, or when the entry of a closed dialog has been left. */
export function changeHistory(change: () => void): void {
  if (isLeavingDialog) addEventListener("popstate", change, { once: true });
  else change();
}

/**
 * Changes values of the current route's query, such as filters. This is not a new page: the focus and the scroll position
 * stay, and the back button leads to the page before.
 */
export function changeQuery(changes: Query): void {
  changeHistory(() => {
    const { path, query } = currentRoute();
    history.replaceState(history.state, "", hrefWith(path, { ...query, ...changes }));
    noteChange();
  });
}
