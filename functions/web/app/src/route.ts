// The route is the part of the address after the #. The paths before it belong to the API.
import { useEffect, useState } from "preact/hooks";

const currentRoute = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

/** Returns the parts of the route: `#/doctors/3` is `["doctors", "3"]`. Renders again when the route changes. */
export function useRoute(): string[] {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const changed = () => setRoute(currentRoute());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** Returns the `href` of a route, for a link. */
export const hrefTo = (...parts: (string | number)[]): string => `#/${parts.map(encodeURIComponent).join("/")}`;

/** Opens a route in place of the current one: the browser's history no longer has the address of the current one. */
export function replaceRoute(...parts: (string | number)[]): void {
  location.replace(hrefTo(...parts));
}

/** Opens a route. */
export function goTo(...parts: (string | number)[]): void {
  location.hash = hrefTo(...parts);
}
