import { hrefTo } from "../route";
import type { Appointment } from "../staff/agenda";
import { dayOf } from "../time";

/** The address of one of the doctor's own appointments, in the calendar. */
export const hrefOfOwn = ({ id, start_date }: Appointment): string => hrefTo("day", dayOf(start_date).toString(), id);
/** The address of a patient's appointments. */
export const historyOf = (patient: number): string => hrefTo("patients", patient);
