// What a patient can change by the clinic's policy. This module imports no texts.
import type { Schemas } from "../api/client";
import type { Clinic } from "../clinic";
import { isPast, Temporal } from "../time";

export type Change = "cancel" | "reschedule";
const NOTICES = { cancel: "patient_cancel_notice", reschedule: "patient_reschedule_notice" } as const;

/** What the policy needs to know about a clinic. */
type Policy = Pick<Clinic, (typeof NOTICES)[Change]>;

/** Returns until when a patient can change an appointment, or undefined if the policy does not allow it. */
export function changeableUntil(change: Change, start_date: string, policy: Policy): string | undefined {
  const notice = policy[NOTICES[change]];
  return notice === null ? undefined : Temporal.Instant.from(start_date).subtract({ minutes: notice }).toString();
}

/** Returns whether a patient can change an appointment now. */
export function isChangeable(change: Change, { status, start_date }: Schemas["Appointment"], policy: Policy): boolean {
  const until = changeableUntil(change, start_date, policy);
  return status === "Booked" && until !== undefined && !isPast(until);
}
