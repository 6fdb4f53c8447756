// The route is the part of the address after the #: `#/doctors/3?date=2030-01-08`. The paths before it belong to the API.
import { useLayoutEffect, useState } from "preact/hooks";

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

/** Returns the current route. Renders again when it changes. */
export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  // At once: an effect after the painting would miss a change before it.
  useLayoutEffect(() => {
    const update = () => setRoute(currentRoute());
    changed.addEventListener("change", update);
    return () => changed.removeEventListener("change", update);
  }, []);
  return route;
}

type Guard = { address: string; mayLeave: () => boolean };
const guards = new Set<Guard>();
const pathOf = (address: string) => address.split("?")[0];

/** Keeps the user on the present page until `mayLeave` lets them leave it. Returns a function that ends this. */
export function guardPage(mayLeave: () => boolean): () => void {
  const guard = { address: location.href, mayLeave };
  guards.add(guard);
  return () => void guards.delete(guard);
}

addEventListener("hashchange", () => {
  const left = [...guards].find(({ address }) => pathOf(address) !== pathOf(location.href));
  if (left && !left.mayLeave()) history.pushState(null, "", left.address);
  else changed.dispatchEvent(new Event("change"));
});

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

/**
 * Changes values of the current route's query, such as filters. This is not a new page: the focus and the scroll position
 * stay, and the back button leads to the page before.
 */
export function changeQuery(changes: Query): void {
  const { path, query } = currentRoute();
  history.replaceState(history.state, "", hrefWith(path, { ...query, ...changes }));
  changed.dispatchEvent(new Event("change"));
}
