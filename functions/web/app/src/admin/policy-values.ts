// The values of the policy's form.
import type { Schemas } from "../api/client";
import type { Values } from "../ui/form";

type Policy = Omit<Schemas["Clinic"], "id" | "time_zone_data">;

/** Returns the values of the form. A text that is empty, and a number or time whose box is not checked, is null. */
export function policyOf(values: Values): Policy {
  const text = (name: string) => (values[name] ?? "").trim();
  const number = (name: string) => Number(text(name));
  const optional = <Value>(name: string, value: Value) => (name in values ? value : null);
  return {
    name: text("name"),
    time_zone: text("time_zone"),
    phone: text("phone") || null,
    email: text("email") || null,
    address: text("address") || null,
    language: text("language"),
    // JSON has no NaN: a text that is not a number becomes null, which the API refuses.
    reminder_minutes: text("reminder_minutes").split(/[\s,،;]+/).filter(Boolean).map(Number),
    quiet_hours: optional("quiet_hours/start", { start: text("quiet_hours/start"), end: text("quiet_hours/end") }),
    min_duration: number("min_duration"),
    max_duration: number("max_duration"),
    max_appointments_per_day: number("max_appointments_per_day"),
    max_booked_mins_per_day: number("max_booked_mins_per_day"),
    booking_horizon_days: number("booking_horizon_days"),
    slot_step: number("slot_step"),
    booking_notice: number("booking_notice"),
    patient_cancel_notice: optional("patient_cancel_notice", number("patient_cancel_notice")),
    patient_reschedule_notice: optional("patient_reschedule_notice", number("patient_reschedule_notice")),
    max_open_bookings: optional("max_open_bookings", number("max_open_bookings")),
    require_verified_email: "require_verified_email" in values,
  };
}

/** Returns the changed members. The others are not sent, so that a change by another Admin is not overwritten. */
export function changes(before: Policy, after: Policy): Partial<Policy> {
  const isChanged = ([member, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(before[member as keyof Policy]);
  return Object.fromEntries(Object.entries(after).filter(isChanged));
}
