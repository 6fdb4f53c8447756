// The first requests of the Admin's pages. Imports no texts, because requests start before the texts are loaded.
import type { Route } from "../route";
import { accountFilters, fetchAccounts } from "./accounts-data";
import { startDay } from "./day-data";
import { auditFilters, fetchAudit, fetchBusiest, fetchMessages, fetchSixHours, reportDay, shownStates } from "./lists";

export function startAdmin(route: Route): Promise<unknown> {
  const { path: [page], query } = route;
  const day = reportDay(query).toString();
  switch (page) {
    case "accounts":
      return fetchAccounts(accountFilters(query));
    case "reports":
      return Promise.all([fetchBusiest(day), fetchSixHours(day)]);
    case "messages":
      return Promise.all(shownStates(query).map((state) => fetchMessages(state)));
    case "audit":
      return fetchAudit(auditFilters(query));
    default:
      return startDay(route);
  }
}
