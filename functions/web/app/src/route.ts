// Where in the clinic the reader is: what follows the address's #, as the paths before it are the API's.
import { useEffect, useState } from "preact/hooks";

const read = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

/** The parts of the address: `#/doctors/3` is `["doctors", "3"]`. */
export function useRoute(): string[] {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** The address of a place, for a link. */
export const to = (...parts: (string | number)[]): string => `#/${parts.map(encodeURIComponent).join("/")}`;

export function go(...parts: (string | number)[]): void {
  location.hash = to(...parts);
}
