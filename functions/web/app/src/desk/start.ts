// The first requests of the desk's pages. Imports no texts, because requests start before the texts are loaded.
import { startAppointments } from "../admin/appointments-data";
import { startDay } from "../admin/day-data";
import { fetchMessages, shownStates } from "../admin/lists";
import { idIn, type Route } from "../route";
import { fetchAbsences } from "../staff/agenda";
import { fetchPast, fetchPatient, fetchPatients, fetchUpcoming } from "./first";

/** The first requests of the patients, or of one of them. */
export function startPatients({ path: [, part], query }: Route): Promise<unknown> {
  const id = idIn(part);
  if (id !== undefined) return Promise.all([fetchPatient(id), fetchUpcoming(id), fetchPast(id)]);
  // The code that understands a search is loaded with the page.
  return query["q"] ? Promise.resolve() : Promise.resolve(fetchPatients("", ""));
}

const PAGES: Record<string, (route: Route) => Promise<unknown>> = {
  "": startDay,
  day: startDay,
  patients: startPatients,
  appointments: startAppointments,
  doctors: ({ path: [, part] }) => fetchAbsences(idIn(part) ?? 0),
  messages: ({ query }) => Promise.all(shownStates(query).map((state) => fetchMessages(state))),
};

/** The first requests of a Receptionist's page. */
export const startDesk = async (route: Route): Promise<unknown> => PAGES[route.path[0]!]?.(route);
