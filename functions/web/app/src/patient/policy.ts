// What the clinic's policy means for a patient.
import { answer, GET, type Schemas } from "../api/client";
import { isPast, Temporal, today } from "../time";

export type Clinic = Schemas["Clinic"];
export type Slot = Schemas["Slot"];

const LENGTHS = [15, 30, 45, 60, 90, 120];
const USUAL = 30;

export const clinicOf = (): Promise<Clinic> => answer(GET("/clinic"));

/** The lengths to choose from: of the common ones those that are allowed, the shortest and the longest. */
export function lengths({ min_duration, max_duration }: Clinic): number[] {
  const common = LENGTHS.filter((length) => min_duration <= length && length <= max_duration);
  return [...new Set([min_duration, ...common, max_duration])].sort((one, other) => one - other);
}

/** The length that is chosen at first. */
export const usual = ({ min_duration, max_duration }: Clinic): number => Math.min(Math.max(USUAL, min_duration), max_duration);

/** How many days ahead the first free time is looked for. */
export const DAYS_AHEAD = 31;

/** A doctor's first free time, if there is one. It is mostly soon: the days after the first week are seldom asked for. */
export async function firstFree(doctor_id: number, duration: number): Promise<Slot | null> {
  for (const [from, days] of [[0, 7], [7, DAYS_AHEAD - 7]] as const) {
    const query = { date: today().add({ days: from }).toString(), days, duration };
    const [first] = await answer(GET("/doctors/{doctor_id}/availability", { params: { path: { doctor_id }, query } }));
    if (first) return first;
  }
  return null;
}

/** Until when a patient can cancel an appointment, where they can at all. */
export function cancellableUntil({ start_date }: Slot, { patient_cancel_notice }: Clinic): string | undefined {
  if (patient_cancel_notice === null) return undefined;
  return Temporal.Instant.from(start_date).subtract({ minutes: patient_cancel_notice }).toString();
}

export function isCancellable(appointment: Schemas["Appointment"], clinic: Clinic): boolean {
  const until = cancellableUntil(appointment, clinic);
  return appointment.status === "Booked" && until !== undefined && !isPast(until);
}
