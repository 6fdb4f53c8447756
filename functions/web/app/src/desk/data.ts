// The requests of the desk's pages, besides the first ones.
import { allPages, dataOf, GET, PATCH, POST, type Schemas } from "../api/client";
import { AS_CSV, CSV_LIMIT } from "../api/csv";
import type { paths } from "../api/schema";
import { today } from "../time";
import type { Person } from "../ui/person-picker";
import type { Answer, Patient, PatientRow } from "./first";
import type { Caller } from "./words";

export type AppointmentType = Answer<paths["/appointment_types"]["get"]>[number];
export type Doctor = Schemas["Doctor"];
export type FreeTime = Schemas["DoctorSlot"];
export type PatientValues = NonNullable<paths["/patients"]["post"]["requestBody"]>["content"]["application/json"];
export type PatientChanges = NonNullable<paths["/patients/{patient_id}"]["patch"]["requestBody"]>["content"]["application/json"];
export type NewAppointment = NonNullable<paths["/appointments"]["post"]["requestBody"]>["content"]["application/json"];
export type NewSeries = NonNullable<paths["/appointments/series"]["post"]["requestBody"]>["content"]["application/json"];
export type Occurrence = Schemas["Occurrence"];

/** How many patients a search offers. */
const OFFERED = 6;
/** The largest page of the API's lists. */
const PAGE_SIZE = 100;

type Words = Pick<Caller, "q" | "birthDate">;

/** Returns the first patients that match what a caller says. */
export function findPatients({ q, birthDate }: Words): Promise<PatientRow[]> {
  const query = { ...(q && { q }), ...(birthDate && { birth_date: birthDate }), limit: OFFERED };
  return dataOf(GET("/patients", { params: { query } }));
}

/** Sends the request of a page of the patients that match a search, as CSV. */
export function fetchPatientsCsv({ q, birthDate }: Words, after: string | undefined, signal: AbortSignal) {
  const query = { ...(q && { q }), ...(birthDate && { birth_date: birthDate }), limit: CSV_LIMIT, after };
  return GET("/patients", { params: { query }, ...AS_CSV, signal });
}

/** Searches for patients by any words, for a picker. Two of the same name differ by birth date or phone. */
export async function searchPatients(q: string): Promise<Person[]> {
  return (await findPatients({ q, birthDate: "" })).map(({ id, name, birth_date, phone, email }) => {
    names.set(id, name);
    return { id, name, about: birth_date ?? phone ?? email };
  });
}

/** The names of patients that a picker has shown, for filters in the query, which have only the id. */
const names = new Map<number, string>();
export const rememberedName = (id: number): string | undefined => names.get(id);

export const changePatient = (patient_id: number, body: PatientChanges): Promise<Patient> =>
  dataOf(PATCH("/patients/{patient_id}", { params: { path: { patient_id } }, body }));

/** What a visit takes: a type of appointment, or only a length in minutes. */
export type Visit = { type: AppointmentType } | { type?: never; duration: number };
/** As the API takes it. */
export const visitQuery = (visit: Visit) => (visit.type ? { type_id: visit.type.id } : { duration: visit.duration });
export const durationOfVisit = (visit: Visit): number => (visit.type ? visit.type.duration : visit.duration);

/** How many days ahead the next free times are searched for. The API searches no more at once. */
const DAYS_AHEAD = 31;

/** Sends the request of a page of the next free times of all doctors for a patient, soonest first, or of those of a day. */
export function fetchFreeTimes(patient_id: number, visit: Visit, day: string, after?: string) {
  const days = day ? { date: day, days: 1, per_doctor: 24 } : { date: today().toString(), days: DAYS_AHEAD, per_doctor: 3 };
  return GET("/availability", { params: { query: { ...days, ...visitQuery(visit), patient_id, limit: PAGE_SIZE, after } } });
}

/** Returns the free times of a doctor for a patient, from a day on, or only on that day. */
export async function fetchFreeTimesOf(doctor_id: number, patient_id: number, visit: Visit, day: string): Promise<FreeTime[]> {
  const days = day ? { date: day, days: 1 } : { date: today().toString(), days: DAYS_AHEAD };
  const params = { path: { doctor_id }, query: { ...days, ...visitQuery(visit), patient_id } };
  const slots = await dataOf(GET("/doctors/{doctor_id}/availability", { params }));
  return slots.map((slot) => ({ doctor_id, ...slot }));
}

export const fetchTypes = (): Promise<AppointmentType[]> => dataOf(GET("/appointment_types"));
export const fetchDoctors = (): Promise<Doctor[]> =>
  allPages((after) => GET("/doctors", { params: { query: { limit: PAGE_SIZE, after } } }));

/** Books an appointment. The same key never books twice. */
export const bookAppointment = (body: NewAppointment, key: string): Promise<Schemas["Appointment"]> =>
  dataOf(POST("/appointments", { params: { header: { "Idempotency-Key": key } }, body }));

/** Returns the appointments of a series, each with the reason if it cannot be booked. Books nothing. */
export async function previewSeries(body: NewSeries): Promise<Occurrence[]> {
  return dataOf(POST("/appointments/series", { body: { ...body, dry_run: true } }));
}

/** Books the appointments of a series. The same key never books twice. */
export async function bookSeries(body: NewSeries, key: string): Promise<Schemas["BookedOccurrence"][]> {
  const booked = await dataOf(POST("/appointments/series", { params: { header: { "Idempotency-Key": key } }, body }));
  return booked as Schemas["BookedOccurrence"][];
}

/** Creates a patient. The same key never creates two. */
export const createPatient = (body: PatientValues, key: string): Promise<Patient> =>
  dataOf(POST("/patients", { params: { header: { "Idempotency-Key": key } }, body }));
