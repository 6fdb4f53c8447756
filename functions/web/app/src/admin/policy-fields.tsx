import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Clinic } from "../clinic";
import { formatNumber } from "../language";
import { s } from "../language/staff";
import { MINUTES_OF_DAY } from "../time";
import { Check, Field } from "../ui/field";
import { Fieldset } from "../ui/fieldset";

type Member = keyof typeof s.admin.policy.fields;

/** The label and the hint of a member. */
export const textsOf = (member: Member): { label: string; hint: string } => {
  const [label, hint] = s.admin.policy.fields[member]!;
  return { label, hint };
};

/** The limits of numbers, as in the OpenAPI document. */
const LIMITS = {
  min_duration: [1, MINUTES_OF_DAY],
  max_duration: [1, MINUTES_OF_DAY],
  max_appointments_per_day: [0, MINUTES_OF_DAY],
  max_booked_mins_per_day: [0, MINUTES_OF_DAY],
  booking_horizon_days: [1, 3660],
  slot_step: [1, MINUTES_OF_DAY],
  booking_notice: [0, 525_600],
  patient_cancel_notice: [0, 525_600],
  patient_reschedule_notice: [0, 525_600],
  max_open_bookings: [1, 10_000],
} as const;
type NumberMember = keyof typeof LIMITS;

/** A number of the policy. Its hint ends with the limits. */
function NumberField({ member, value }: { member: NumberMember; value: number }) {
  const { label, hint } = textsOf(member);
  const [min, max] = LIMITS[member];
  return (
    <Field
      label={label} hint={`${hint} ${s.admin.policy.range(formatNumber(min), formatNumber(max))}`} name={member} type="number"
      min={min} max={max} defaultValue={value} autocomplete="off" required
    />
  );
}

/** Fields that a check box turns off. If they are off, their value is null. */
function Optional<Value>({ label, value, initial, children }: {
  label: string;
  value: Value | null;
  initial: Value;
  children: (value: Value) => ComponentChildren;
}) {
  const [isOn, setOn] = useState(value !== null);
  return (
    <>
      <Check label={label} checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
      {isOn && children(value ?? initial)}
    </>
  );
}

const OPTIONAL_NUMBERS = [
  ["patient_cancel_notice", "patientsCancel", MINUTES_OF_DAY],
  ["patient_reschedule_notice", "patientsReschedule", MINUTES_OF_DAY],
  ["max_open_bookings", "limitOpenBookings", 10],
] as const;

/** What patients can book, and what they can change. */
export function Bookings({ clinic }: { clinic: Clinic }) {
  const texts = s.admin.policy;
  const number = (member: "booking_horizon_days" | "slot_step" | "min_duration" | "max_duration" | "booking_notice") => (
    <NumberField member={member} value={clinic[member]} />
  );
  return (
    <>
      <Fieldset legend={texts.booking} columns>
        {number("booking_horizon_days")}
        {number("slot_step")}
        {number("min_duration")}
        {number("max_duration")}
      </Fieldset>
      <Fieldset legend={texts.byPatients}>
        {number("booking_notice")}
        {OPTIONAL_NUMBERS.map(([member, label, initial]) => (
          <Optional key={member} label={texts[label]} value={clinic[member]} initial={initial}>
            {(value) => <NumberField member={member} value={value} />}
          </Optional>
        ))}
        <Check name="require_verified_email" label={texts.requireVerifiedEmail} defaultChecked={clinic.require_verified_email} />
      </Fieldset>
    </>
  );
}

export const DoctorsDay = ({ clinic }: { clinic: Clinic }) => (
  <Fieldset legend={s.admin.policy.limits} columns>
    <NumberField member="max_appointments_per_day" value={clinic.max_appointments_per_day} />
    <NumberField member="max_booked_mins_per_day" value={clinic.max_booked_mins_per_day} />
  </Fieldset>
);

const NIGHT = { start: "21:00", end: "07:00" };

export const QuietHours = ({ hours }: { hours: Clinic["quiet_hours"] }) => (
  <Optional label={s.admin.policy.useQuietHours} value={hours} initial={NIGHT}>
    {({ start, end }) => (
      <div class="form row start">
        <Field {...textsOf("quiet_hours/start")} name="quiet_hours/start" type="time" defaultValue={start} required />
        <Field {...textsOf("quiet_hours/end")} name="quiet_hours/end" type="time" defaultValue={end} required />
      </div>
    )}
  </Optional>
);
