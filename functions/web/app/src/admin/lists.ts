// The lists of the Admin's pages, with the filters of a route's query. Imports no texts, because requests start before they
// are loaded.
import { GET, type Schemas } from "../api/client";
import type { operations } from "../api/schema";
import { idIn, type Query } from "../route";
import { parseDate, today, type PlainDate } from "../time";

export type Load = Schemas["Load"];
export const reportDay = (query: Query): PlainDate => parseDate(query["date"] ?? "") ?? today();
export const fetchBusiest = (date: string, after?: string) => GET("/doctors/by_top_appointments", { params: { query: { date, after } } });
export const fetchSixHours = (date: string, after?: string) => GET("/doctors/with_six_hours_plus", { params: { query: { date, after } } });

export type Message = Schemas["Message"];
export type State = Message["state"];
/** The states of messages that somebody has to handle. */
export const TO_HANDLE: readonly State[] = ["Failed", "Call"];
export const STATES: readonly State[] = [...TO_HANDLE, "Queued", "Sent", "Dropped", "Done"];
export const chosenState = (query: Query): State | undefined => STATES.find((state) => state === query["state"]);
/** The states whose messages the page shows. */
export function shownStates(query: Query): readonly State[] {
  const chosen = chosenState(query);
  return chosen ? [chosen] : TO_HANDLE;
}
export const fetchMessages = (state: State, after?: string) => GET("/messages", { params: { query: { state, after } } });

type Action = NonNullable<NonNullable<operations["listAudit"]["parameters"]["query"]>["action"]>;
const dateIn = (text: string | undefined): string | undefined => parseDate(text ?? "")?.toString();

/**
 * The filters of the audit log. Ignores what is not an id or a date. The API refuses an action that it does not know. The
 * account is called `about` in the query, because `account` asks for a sign-in on every page.
 */
export const auditFilters = ({ action, actor, about, appointment, from, to }: Query) => ({
  action: (action || undefined) as Action | undefined,
  actor_id: idIn(actor),
  account_id: idIn(about),
  appointment_id: idIn(appointment),
  from: dateIn(from),
  to: dateIn(to),
});
export const fetchAudit = (filters: ReturnType<typeof auditFilters>, after?: string) =>
  GET("/audit", { params: { query: { ...filters, after } } });
