import { NotFound } from "../not-found";
import { idIn, type Route } from "../route";
import { PatientCard } from "./card";
import { PatientsPage } from "./patients";

/** `#/patients` and the pages below it. */
export function PatientPages({ route: { path: [, part, ...more], query } }: { route: Route }) {
  const id = idIn(part);
  if (part === undefined) return <PatientsPage query={query} />;
  return id === undefined || more.length > 0 ? <NotFound /> : <PatientCard key={id} id={id} query={query} />;
}
