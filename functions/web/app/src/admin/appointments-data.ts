// The requests of the list of appointments. Imports no texts, because requests start before the texts are loaded.
import { allPages, dataOf, GET, type Schemas } from "../api/client";
import { AS_CSV, CSV_LIMIT } from "../api/csv";
import { idIn, type Query, type Route } from "../route";
import { isAdmin } from "../session";
import { today } from "../time";

export const STATUSES: readonly Schemas["Status"][] = ["Booked", "Cancelled", "Done", "NoShow"];
/** The value of the date in the query for the appointments of all days. */
export const ALL_DAYS = "all";
const LIMIT = 20;

export type Filters = { date: string; doctor: string; patient: string; status: string };

/** Returns the filters of a query. Without a date, those of today, or all of a doctor or patient. */
export function filtersOf({ date, doctor = "", patient = "", status = "" }: Query): Filters {
  const isOfPerson = (idIn(doctor) ?? idIn(patient)) !== undefined;
  return { date: date ?? (isOfPerson ? ALL_DAYS : today().toString()), doctor, patient, status };
}

/** The filters as the API takes them. */
const queryOf = ({ date, doctor, patient, status }: Filters) => ({
  date: date === ALL_DAYS ? undefined : date,
  doctor_id: idIn(doctor),
  patient_id: idIn(patient),
  status: STATUSES.find((known) => known === status),
});

/** Sends the request of a page of the list. */
export const fetchAppointments = (filters: Filters, after?: string) =>
  GET("/appointments", { params: { query: { ...queryOf(filters), limit: LIMIT, after } } });

/** The same as CSV. */
export const fetchAppointmentsCsv = (filters: Filters, after: string | undefined, signal: AbortSignal) =>
  GET("/appointments", { params: { query: { ...queryOf(filters), limit: CSV_LIMIT, after } }, ...AS_CSV, signal });

/** A doctor whose appointments can be shown. */
export type DoctorOption = { id: number; name: string; active: boolean };

/** Loads all doctors. For an Admin, also those who are deactivated. */
export async function fetchDoctors(): Promise<DoctorOption[]> {
  if (isAdmin()) {
    return allPages((after) => GET("/accounts", { params: { query: { account_type: "Doctor", limit: 100, after } } }));
  }
  const doctors = await allPages((after) => GET("/doctors", { params: { query: { limit: 100, after } } }));
  return doctors.map(({ id, name }) => ({ id, name, active: true }));
}

/** The first requests of a page. */
export const startAppointments = ({ query }: Route): Promise<unknown> =>
  Promise.all([dataOf(fetchAppointments(filtersOf(query))), fetchDoctors()]);
