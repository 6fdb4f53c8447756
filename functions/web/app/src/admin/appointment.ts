import { all, GET, whole, type Schemas } from "../api/client";
import { called, doctors } from "./people";

export type Read = Schemas["Appointment"] & {
  doctor: string;
  patient: string;
  /** By which a change is refused where somebody else has changed it since. */
  tag: string;
};

/** An appointment with the names of both, as far as they are told: that of the patient with what is booked. */
export async function read(id: number): Promise<Read> {
  const asked = GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } });
  const { data: appointment, response } = await whole(asked);
  const { doctor_id, patient_id, start_date } = appointment;
  const path = { doctor_id };
  const [people, booked] = await Promise.all([
    doctors(),
    all((after) => GET("/doctors/{doctor_id}/slots", { params: { path, query: { date: start_date, limit: 100, after } } })),
  ]);
  return {
    ...appointment,
    doctor: called(doctor_id, new Map(people.map(({ id, name }) => [id, name]))),
    patient: booked.find((time) => time.id === id)?.patient_name ?? called(patient_id, new Map()),
    tag: response.headers.get("ETag")!,
  };
}

/** How a change names the appointment, as it was read. */
export const change = ({ id, tag }: Read) => ({ params: { path: { appointment_id: id }, header: { "If-Match": tag } } });

/** What can be done to it, and what then is said. */
export type Step = { appointment: Read; onDone: (text: string) => void };
