// The requests of the list of appointments. Imports no texts, because requests start before the texts are loaded.
import { allPages, dataOf, GET, type Schemas } from "../api/client";
import type { Query, Route } from "../route";
import { today } from "../time";

type Status = Schemas["Status"];
const STATUSES: readonly string[] = ["Booked", "Cancelled", "Done", "NoShow"] satisfies Status[];
/** The value of the date in the query for the appointments of all days. */
export const ALL_DAYS = "all";
const LIMIT = 20;

export const isId = (text: string | undefined): text is string => /^[1-9][0-9]*$/.test(text ?? "");

export type Filters = { date: string; doctor: string; patient: string; status: string };

/** Returns the filters of a query. Without a date, those of today, or all of a doctor or patient. */
export function filtersOf({ date, doctor = "", patient = "", status = "" }: Query): Filters {
  const isOfPerson = isId(doctor) || isId(patient);
  return { date: date ?? (isOfPerson ? ALL_DAYS : today().toString()), doctor, patient, status };
}

/** Sends the request of a page of the list. */
export function fetchAppointments({ date, doctor, patient, status }: Filters, after?: string) {
  const query = {
    date: date === ALL_DAYS ? undefined : date,
    doctor_id: isId(doctor) ? Number(doctor) : undefined,
    patient_id: isId(patient) ? Number(patient) : undefined,
    status: STATUSES.includes(status) ? (status as Status) : undefined,
    limit: LIMIT,
    after,
  };
  return GET("/appointments", { params: { query } });
}

/** Loads all doctors, also those who are deactivated. */
export const fetchDoctors = () =>
  allPages((after) => GET("/accounts", { params: { query: { account_type: "Doctor", limit: 100, after } } }));

/** The first requests of a page. */
export const startAppointments = ({ query }: Route): Promise<unknown> =>
  Promise.all([dataOf(fetchAppointments(filtersOf(query))), fetchDoctors()]);
