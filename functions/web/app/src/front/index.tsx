import { NotFound } from "../not-found";
import { idIn, type Route } from "../route";
import { DoctorPage } from "./doctor";
import { Start } from "./start";

/** The pages that need no account: the start page with the doctors, and the page of a doctor. A Patient has them too. */
export function Front({ route, isSignedIn = false }: { route: Route; isSignedIn?: boolean }) {
  const [page, part] = route.path;
  const id = idIn(part);
  if (page === "" || (page === "doctors" && part === undefined)) return <Start query={route.query} isSignedIn={isSignedIn} />;
  if (page === "doctors" && id !== undefined) return <DoctorPage key={id} id={id} query={route.query} isSignedIn={isSignedIn} />;
  return <NotFound />;
}
