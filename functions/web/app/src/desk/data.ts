// The requests of the desk's pages. Imports no texts, because requests start before the texts are loaded.
import { allPages, dataOf, GET, PATCH, POST, type Schemas } from "../api/client";
import type { paths } from "../api/schema";
import { thisMinute, today } from "../time";
import type { Person } from "../ui/person-picker";
import type { Caller } from "./words";

type Answer<Method> = Method extends { responses: { 200: { content: { "application/json": infer Data } } } } ? Data : never;

/** A patient in a list. */
export type PatientRow = Answer<paths["/patients"]["get"]>[number];
/** A patient, as staff see it. */
export type Patient = Answer<paths["/patients/{patient_id}"]["get"]>;
export type AppointmentType = Answer<paths["/appointment_types"]["get"]>[number];
export type Doctor = Schemas["Doctor"];
export type FreeTime = Schemas["DoctorSlot"];
export type PatientValues = NonNullable<paths["/patients"]["post"]["requestBody"]>["content"]["application/json"];
export type PatientChanges = NonNullable<paths["/patients/{patient_id}"]["patch"]["requestBody"]>["content"]["application/json"];
export type NewAppointment = NonNullable<paths["/appointments"]["post"]["requestBody"]>["content"]["application/json"];

/** How many patients a search offers. */
const OFFERED = 6;
/** The largest page of the API's lists. */
const PAGE_SIZE = 100;

/** Sends the request of a page of patients. */
export const fetchPatients = (q: string, birthDate: string, after?: string) =>
  GET("/patients", { params: { query: { ...(q && { q }), ...(birthDate && { birth_date: birthDate }), limit: 20, after } } });

/** Returns the first patients that match what a caller says. */
export function findPatients({ q, birthDate }: Pick<Caller, "q" | "birthDate">): Promise<PatientRow[]> {
  const query = { ...(q && { q }), ...(birthDate && { birth_date: birthDate }), limit: OFFERED };
  return dataOf(GET("/patients", { params: { query } }));
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

export const fetchPatient = (patient_id: number): Promise<Patient> =>
  dataOf(GET("/patients/{patient_id}", { params: { path: { patient_id } } }));

export const changePatient = (patient_id: number, body: PatientChanges): Promise<Patient> =>
  dataOf(PATCH("/patients/{patient_id}", { params: { path: { patient_id } }, body }));

/** The appointments of a patient from this minute on, also those that are cancelled. */
export const fetchUpcoming = (patient_id: number) =>
  allPages((after) => GET("/appointments", { params: { query: { patient_id, from: thisMinute(), limit: PAGE_SIZE, after } } }));

/** Sends the request of a page of a patient's appointments until this minute, newest first. */
export const fetchPast = (patient_id: number, after?: string) =>
  GET("/patients/{patient_id}/history", { params: { path: { patient_id }, query: { to: thisMinute(), limit: 10, after } } });

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

/** Creates a patient. The same key never creates two. */
export const createPatient = (body: PatientValues, key: string): Promise<Patient> =>
  dataOf(POST("/patients", { params: { header: { "Idempotency-Key": key } }, body }));
