// The requests of the patient's own pages. This module imports no texts, so that requests can start before the texts are
// loaded.
import { ApiError, dataOf, GET, PATCH, POST, type Schemas } from "../api/client";
import type { Reason } from "../appointment/cancel";
import type { Slot } from "../booking/data";
import { fetchFamily } from "../family";
import { fetchNext, fetchProfile, startFront } from "../front/data";
import { idIn, type Route } from "../route";
import { thisMinute } from "../time";
import type { FetchPage } from "../ui/list";
import { isPublic } from "../views";

export type Appointment = Schemas["Appointment"];

/** Returns the name of the dependant whose appointment it is, if it is one's. `self`: the id of the account. */
export const dependantName = ({ patient_id, patient_name }: Appointment, self: number): string | undefined =>
  patient_id === self ? undefined : patient_name;

/** The length of a page of appointments. */
const PAGE_SIZE = 20;

/** The appointments of a patient and their dependants that have not started, by start. */
export const upcoming = (status: "Booked" | "Cancelled", from: string): FetchPage<Appointment> => (after) =>
  GET("/appointments", { params: { query: { from, status, limit: PAGE_SIZE, after } } });

/** A patient's appointments that have started, latest first. */
export const past = (patient_id: number, to: string): FetchPage<Appointment> => (after) =>
  GET("/patients/{patient_id}/history", { params: { path: { patient_id }, query: { to, limit: PAGE_SIZE, after } } });

export const fetchAppointment = (appointment_id: number): Promise<Appointment> =>
  dataOf(GET("/appointments/{appointment_id}", { params: { path: { appointment_id } } }));

/** Returns a doctor's profile, or null if the doctor has left the clinic. */
export const fetchProfileOrNull = (doctor: number): Promise<Schemas["Profile"] | null> =>
  fetchProfile(doctor).catch((error: unknown) => {
    if (error instanceof ApiError && error.kind === "not-found") return null;
    throw error;
  });

export const cancel = (appointment_id: number, body: Reason): Promise<Appointment> =>
  dataOf(POST("/appointments/{appointment_id}/cancel", { params: { path: { appointment_id } }, body }));

export const reschedule = (appointment_id: number, body: Slot): Promise<Appointment> =>
  dataOf(POST("/appointments/{appointment_id}/reschedule", { params: { path: { appointment_id } }, body }));

/** Changes the note of an appointment. `null` removes it. */
export const changeNote = (appointment_id: number, note: string | null): Promise<Appointment> =>
  dataOf(PATCH("/appointments/{appointment_id}", { params: { path: { appointment_id } }, body: { note } }));

/** Sends the first requests of a patient's page. */
export function startPatient(route: Route, patient: number): Promise<unknown> {
  const [page, part] = route.path;
  const id = idIn(part);
  const now = thisMinute();
  const requests = (): unknown[] => {
    if (page === "appointments" && id !== undefined) return [fetchAppointment(id)];
    if (page === "appointments") return [upcoming("Booked", now)(), upcoming("Cancelled", now)(), past(patient, now)()];
    if (!isPublic(route)) return [];
    return [startFront(route), page === "" && fetchNext()];
  };
  return Promise.all([fetchFamily(), ...requests()]);
}
