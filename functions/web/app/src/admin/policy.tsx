import { useEffect, useRef, useState } from "preact/hooks";
import { dataOf, GET, PATCH, ApiError, type Schemas } from "../api/client";
import { languageOptions, t } from "../language";
import { setClinicZone } from "../time";
import { Select } from "../ui/form";
import { ErrorMessage, WhenLoaded, useAction, useLoad, ViolationText } from "../ui/load";
import { useTitle } from "../ui/title";
import { Check, Optional, PolicyField, type Errors, type Member } from "./policy-fields";
import { changes, formValues } from "./policy-values";
import { SuccessMessage } from "./success-message";

type Clinic = Schemas["Clinic"];
type Changed = Schemas["ChangedClinic"];

const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];
const DAY_MINUTES = 1440;
const NIGHT = { start: "21:00", end: "07:00" };

/** The clinic's policy, its name, contact and time zone. */
export function PolicyPage() {
  const texts = t.admin.policy;
  const clinic = useLoad(() => dataOf(GET("/clinic")), []);
  const [message, setMessage] = useState("");
  const saved = ({ time_zone, moved, outside_hours }: Changed) => {
    setClinicZone(time_zone);
    setMessage(moved === undefined ? texts.saved : `${texts.saved} ${texts.moved(moved)} ${texts.outside(outside_hours ?? 0)}`);
  };
  useTitle(texts.title);
  return (
    <section class="policy">
      <h1>{texts.title}</h1>
      <p>{texts.intro}</p>
      <WhenLoaded state={clinic}>{(clinic) => <PolicyForm clinic={clinic} onSaved={saved} onChange={() => setMessage("")} />}</WhenLoaded>
      <SuccessMessage text={message} />
    </section>
  );
}

type FormProps = { clinic: Clinic; onSaved: (clinic: Changed) => void; onChange: () => void };

function PolicyForm({ clinic, onSaved, onChange }: FormProps) {
  const texts = t.admin.policy;
  const form = useRef<HTMLFormElement>(null);
  const [before, setBefore] = useState(clinic);
  const { busy, error, run } = useAction();
  const violations = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  // The violation of an element of a list belongs to the field of the list.
  const errors = new Map(
    violations.map((violation) => [violation.pointer.slice(1).replace(/\/\d+$/, ""), <ViolationText {...violation} />]),
  );
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [error]);
  const submit = (event: Event) => {
    event.preventDefault();
    onChange();
    void run(async () => {
      const saved = await dataOf(PATCH("/clinic", { body: changes(before, formValues(form.current!)) }));
      setBefore(saved);
      onSaved(saved);
    });
  };
  return (
    <form ref={form} onSubmit={submit}>
      <Groups clinic={before} errors={errors} />
      {errors.size > 0 ? <p class="notice bad" role="alert">{texts.unsaved}</p> : <ErrorMessage error={error} />}
      <button type="submit" class="primary" aria-disabled={busy}>{texts.save}</button>
      <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </form>
  );
}

/** All fields, in groups. */
function Groups({ clinic, errors }: { clinic: Clinic; errors: Errors }) {
  const texts = t.admin.policy;
  const field = (member: Member) => ({ member, error: errors.get(member) });
  const text = (member: "name" | "phone" | "email" | "time_zone") => (
    <PolicyField {...field(member)} value={clinic[member]} type="text" required={member === "name" || member === "time_zone"} />
  );
  const number = (member: (typeof NUMBERS)[number]) => <PolicyField key={member} {...field(member)} value={clinic[member]} />;
  return (
    <>
      <fieldset>
        <legend>{texts.clinic}</legend>
        {text("name")}
        <PolicyField
          {...field("time_zone")} value={clinic.time_zone} type="text"
          extraHint={texts.zoneData(clinic.time_zone_data)}
        />
      </fieldset>
      <fieldset>
        <legend>{texts.contact}</legend>
        {text("phone")}
        {text("email")}
        <PolicyField {...field("address")} value={clinic.address} type="text" required={false} rows={3} />
      </fieldset>
      <fieldset>
        <legend>{texts.messages}</legend>
        <Select label={texts.language} name="language" value={clinic.language} options={languageOptions(clinic.language)} />
        <PolicyField
          {...field("reminder_minutes")} value={clinic.reminder_minutes.join(", ")} type="text" required={false} dir="ltr"
        />
        <Optional label={texts.useQuietHours} value={clinic.quiet_hours} initial={NIGHT}>
          {({ start, end }) => (
            <>
              <PolicyField {...field("quiet_hours/start")} value={start} type="time" />
              <PolicyField {...field("quiet_hours/end")} value={end} type="time" />
            </>
          )}
        </Optional>
      </fieldset>
      {NUMBER_GROUPS.map(([title, members]) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {members.map(number)}
        </fieldset>
      ))}
      <fieldset>
        <legend>{texts.byPatients}</legend>
        {OPTIONAL_NUMBERS.map(([member, label, initial]) => (
          <Optional key={member} label={label} value={clinic[member]} initial={initial}>
            {(value) => <PolicyField {...field(member)} value={value} />}
          </Optional>
        ))}
        <Check name="require_verified_email" label={texts.requireVerifiedEmail} isOn={clinic.require_verified_email} />
      </fieldset>
    </>
  );
}

const NUMBERS = [
  "min_duration", "max_duration", "max_appointments_per_day", "max_booked_mins_per_day", "booking_horizon_days", "slot_step",
] as const;
const NUMBER_GROUPS: [title: string, members: (typeof NUMBERS)[number][]][] = [
  [t.admin.policy.durations, ["min_duration", "max_duration"]],
  [t.admin.policy.limits, ["max_appointments_per_day", "max_booked_mins_per_day"]],
  [t.admin.policy.booking, ["booking_horizon_days", "slot_step"]],
];
const OPTIONAL_NUMBERS = [
  ["patient_cancel_notice", t.admin.policy.patientsCancel, DAY_MINUTES],
  ["patient_reschedule_notice", t.admin.policy.patientsReschedule, DAY_MINUTES],
  ["max_open_bookings", t.admin.policy.limitOpenBookings, 10],
] as const;
