// The first requests of the patients' pages. Separate from the others, because every visitor loads this module. Imports no
// texts, because requests start before the texts are loaded.
import { allPages, dataOf, GET } from "../api/client";
import type { paths } from "../api/schema";
import { thisMinute } from "../time";

export type Answer<Method> = Method extends { responses: { 200: { content: { "application/json": infer Data } } } } ? Data : never;

/** A patient in a list. */
export type PatientRow = Answer<paths["/patients"]["get"]>[number];
/** A patient, as staff see it. */
export type Patient = Answer<paths["/patients/{patient_id}"]["get"]>;

/** Sends the request of a page of patients. */
export const fetchPatients = (q: string, birthDate: string, after?: string) =>
  GET("/patients", { params: { query: { ...(q && { q }), ...(birthDate && { birth_date: birthDate }), limit: 20, after } } });

export const fetchPatient = (patient_id: number): Promise<Patient> =>
  dataOf(GET("/patients/{patient_id}", { params: { path: { patient_id } } }));

/** The appointments of a patient from this minute on, also those that are cancelled. */
export const fetchUpcoming = (patient_id: number) =>
  allPages((after) => GET("/appointments", { params: { query: { patient_id, from: thisMinute(), limit: 100, after } } }));

/** Sends the request of a page of a patient's appointments until this minute, newest first. */
export const fetchPast = (patient_id: number, after?: string) =>
  GET("/patients/{patient_id}/history", { params: { path: { patient_id }, query: { to: thisMinute(), limit: 10, after } } });
