import { hrefTo, hrefWith } from "../route";
import type { Appointment } from "../staff/agenda";

/** The address of the list of a patient's appointments. */
export const historyOf = (patient: number): string => hrefWith(["appointments"], { patient: String(patient) });
/** The address of an appointment. */
export const hrefOfAppointment = ({ id }: Pick<Appointment, "id">): string => hrefTo("appointments", id);
