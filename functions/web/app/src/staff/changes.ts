// How staff change an appointment. Each change is for the version of the appointment that the user has seen.
import { ApiError, dataOf, GET, PATCH, POST, resultOf, type Schemas } from "../api/client";
import type { Appointment } from "./agenda";

/** An appointment with the ETag of the response. A change sends it as If-Match. */
export type Versioned = { appointment: Appointment; etag: string };

async function withVersion(call: Promise<{ data: Appointment; response: Response }>): Promise<Versioned> {
  const { data, response } = await call;
  return { appointment: data, etag: response.headers.get("ETag")! };
}

export const fetchVersioned = (id: number): Promise<Versioned> =>
  withVersion(resultOf(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } })));

const paramsFor = ({ appointment: { id }, etag }: Versioned) => ({ path: { appointment_id: id }, header: { "If-Match": etag } });

export const reschedule = (versioned: Versioned, body: { start_date: string; duration?: number; doctor_id?: number }): Promise<Versioned> =>
  withVersion(resultOf(POST("/appointments/{appointment_id}/reschedule", { params: paramsFor(versioned), body })));

/** Cancels an appointment. `following`: also the later ones of its series. */
export const cancel = (
  versioned: Versioned, body: { reason?: string; following?: boolean },
): Promise<Schemas["CancelledAppointment"]> =>
  dataOf(POST("/appointments/{appointment_id}/cancel", { params: paramsFor(versioned), body }));

export const markDone = (versioned: Versioned): Promise<Appointment> =>
  dataOf(POST("/appointments/{appointment_id}/done", { params: paramsFor(versioned) }));

export const markNoShow = (versioned: Versioned): Promise<Appointment> =>
  dataOf(POST("/appointments/{appointment_id}/no_show", { params: paramsFor(versioned) }));

export const reopen = (versioned: Versioned): Promise<Appointment> =>
  dataOf(POST("/appointments/{appointment_id}/reopen", { params: paramsFor(versioned) }));

export const changeNote = (versioned: Versioned, note: string | null): Promise<Appointment> =>
  dataOf(PATCH("/appointments/{appointment_id}", { params: paramsFor(versioned), body: { note } }));

/** Returns whether a change was refused because another user has changed the appointment since it was read. */
export const isStale = (error: unknown): boolean => error instanceof ApiError && error.kind === "appointment-changed";
