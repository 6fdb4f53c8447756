// The first requests of an Admin's pages. Imports no texts, because requests start before the texts are loaded.
import { startPatients } from "../desk/start";
import type { Route } from "../route";
import { fetchClosures } from "../closures";
import { fetchTypes } from "../appointment-types";
import { fetchDoctors } from "./appointments-data";
import { accountFilters, fetchAccounts } from "./accounts-data";
import { startAppointments } from "./appointments-data";
import { startDay } from "./day-data";
import { auditFilters, fetchAudit, fetchBusiest, fetchMessages, fetchSixHours, reportDay, shownStates } from "./lists";

function startReports({ query }: Route): Promise<unknown> {
  const day = reportDay(query).toString();
  return Promise.all([fetchBusiest(day), fetchSixHours(day)]);
}

const PAGES: Record<string, (route: Route) => Promise<unknown>> = {
  "": startDay,
  day: startDay,
  patients: startPatients,
  appointments: startAppointments,
  accounts: ({ query }) => fetchAccounts(accountFilters(query)),
  reports: startReports,
  messages: ({ query }) => Promise.all(shownStates(query).map((state) => fetchMessages(state))),
  types: () => Promise.all([fetchTypes(), fetchDoctors()]),
  closures: fetchClosures,
  audit: ({ query }) => fetchAudit(auditFilters(query)),
};

/** The first requests of a page. */
export const startAdmin = async (route: Route): Promise<unknown> => PAGES[route.path[0]!]?.(route);
