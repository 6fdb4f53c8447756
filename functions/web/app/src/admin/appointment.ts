import { allPages, GET, resultOf, type Schemas } from "../api/client";
import { fetchDoctors, nameOrNumber } from "./accounts-data";

export type NamedAppointment = Schemas["Appointment"] & {
  doctor: string;
  patient: string;
  /** Sent as If-Match with a change, which is refused if another user has changed the appointment since. */
  etag: string;
};

/**
 * Loads an appointment with the names of its doctor and its patient. The patient's name comes from the doctor's booked
 * times of that day. If the appointment is not among them, the patient's number is shown.
 */
export async function fetchAppointment(id: number): Promise<NamedAppointment> {
  const call = GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } });
  const { data: appointment, response } = await resultOf(call);
  const { doctor_id, patient_id, start_date } = appointment;
  const path = { doctor_id };
  const [doctors, bookedTimes] = await Promise.all([
    fetchDoctors(),
    allPages((after) => GET("/doctors/{doctor_id}/slots", { params: { path, query: { date: start_date, limit: 100, after } } })),
  ]);
  return {
    ...appointment,
    doctor: nameOrNumber(doctor_id, new Map(doctors.map(({ id, name }) => [id, name]))),
    patient: bookedTimes.find((time) => time.id === id)?.patient_name ?? nameOrNumber(patient_id, new Map()),
    etag: response.headers.get("ETag")!,
  };
}

/** The parameters of a change to the appointment, with the version that was loaded. */
export const changeOptions = ({ id, etag }: NamedAppointment) => ({ params: { path: { appointment_id: id }, header: { "If-Match": etag } } });

/** The props of each action. `onDone` gets the message to show. */
export type ActionProps = { appointment: NamedAppointment; onDone: (text: string) => void };
