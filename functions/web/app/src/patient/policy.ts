// What a patient can do by the clinic's policy.
import { dataOf, GET, type Schemas } from "../api/client";
import { isPast, Temporal, today } from "../time";

export type Clinic = Schemas["Clinic"];
export type Slot = Schemas["Slot"];

const COMMON_DURATIONS = [15, 30, 45, 60, 90, 120];
const DEFAULT_DURATION = 30;

export const fetchClinic = (): Promise<Clinic> => dataOf(GET("/clinic"));

/** The durations that the form offers, in minutes: the shortest, the longest, and the common ones between them. */
export function durationOptions({ min_duration, max_duration }: Clinic): number[] {
  const common = COMMON_DURATIONS.filter((duration) => min_duration <= duration && duration <= max_duration);
  return [...new Set([min_duration, ...common, max_duration])].sort((one, other) => one - other);
}

/** The duration that the form starts with, in minutes. */
export const defaultDuration = ({ min_duration, max_duration }: Clinic): number =>
  Math.min(Math.max(DEFAULT_DURATION, min_duration), max_duration);

/** How many days ahead the pages search for the first slot. */
export const DAYS_AHEAD = 31;

/**
 * Returns a doctor's first slot, if there is one. Most are within a week, so the days after it are a second request,
 * which is rarely needed.
 */
export async function fetchFirstSlot(doctor_id: number, duration: number): Promise<Slot | null> {
  for (const [from, days] of [[0, 7], [7, DAYS_AHEAD - 7]] as const) {
    const query = { date: today().add({ days: from }).toString(), days, duration };
    const [first] = await dataOf(GET("/doctors/{doctor_id}/availability", { params: { path: { doctor_id }, query } }));
    if (first) return first;
  }
  return null;
}

/** The notices of the policy, one for each change that a patient can make to an appointment. */
type Change = "patient_cancel_notice" | "patient_reschedule_notice";

/** Returns until when a patient can change an appointment, or undefined if the policy does not allow it. */
function changeableUntil(change: Change, { start_date }: Slot, clinic: Clinic): string | undefined {
  const notice = clinic[change];
  return notice === null ? undefined : Temporal.Instant.from(start_date).subtract({ minutes: notice }).toString();
}

function isChangeable(change: Change, appointment: Schemas["Appointment"], clinic: Clinic): boolean {
  const until = changeableUntil(change, appointment, clinic);
  return appointment.status === "Booked" && until !== undefined && !isPast(until);
}

export const cancellableUntil = (slot: Slot, clinic: Clinic) => changeableUntil("patient_cancel_notice", slot, clinic);
export const reschedulableUntil = (slot: Slot, clinic: Clinic) => changeableUntil("patient_reschedule_notice", slot, clinic);
export const isCancellable = (appointment: Schemas["Appointment"], clinic: Clinic) =>
  isChangeable("patient_cancel_notice", appointment, clinic);
export const isReschedulable = (appointment: Schemas["Appointment"], clinic: Clinic) =>
  isChangeable("patient_reschedule_notice", appointment, clinic);
