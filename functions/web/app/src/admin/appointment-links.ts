import { hrefTo, hrefWith } from "../route";
import { isAdmin } from "../session";
import type { Appointment } from "../staff/agenda";

/** The address of the list of a patient's appointments. */
export const historyOf = (patient: number): string => hrefWith(["appointments"], { patient: String(patient) });
/** The address of the list of a doctor's appointments. */
export const hrefOfAppointmentsWith = (doctor: number): string => hrefWith(["appointments"], { doctor: String(doctor) });
/** The address of an appointment. */
export const hrefOfAppointment = ({ id }: Pick<Appointment, "id">): string => hrefTo("appointments", id);
/** The address of a doctor on the clinic's day: their page, or where somebody who is gone is found. */
export function hrefOfDoctor({ id, isActive }: { id: number; isActive: boolean }): string {
  if (isActive) return hrefTo("doctors", id);
  return isAdmin() ? hrefTo("accounts") : hrefOfAppointmentsWith(id);
}
