import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { dataOf, GET, PATCH, ApiError, type Schemas } from "../api/client";
import { t } from "../language";
import { setClinicZone } from "../time";
import { ErrorMessage, WhenLoaded, useAction, useLoad, ViolationText } from "../ui/load";
import { useTitle } from "../ui/title";
import { SuccessMessage } from "./success-message";

type Clinic = Schemas["Clinic"];
type Changed = Schemas["ChangedClinic"];
type Policy = Omit<Clinic, "id" | "time_zone_data">;
type Member = keyof Policy;

const GROUPS: [title: string, members: Member[]][] = [
  [t.admin.policy.clinic, ["name", "time_zone"]],
  [t.admin.policy.durations, ["min_duration", "max_duration"]],
  [t.admin.policy.limits, ["max_appointments_per_day", "max_booked_mins_per_day"]],
  [t.admin.policy.booking, ["booking_horizon_days", "slot_step"]],
];
const TEXTS: Member[] = ["name", "time_zone"];
const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];
const DAY_MINUTES = 1440;

/** Returns the values of the form. An optional number whose box is not checked is null. */
function formValues(form: HTMLFormElement): Policy {
  const entries = [...new FormData(form)].map(([name, value]) => [name, TEXTS.includes(name as Member) ? value : Number(value)]);
  return { patient_cancel_notice: null, max_open_bookings: null, ...Object.fromEntries(entries) };
}

/** Returns the changed members. The others are not sent, so that a change by another Admin is not overwritten. */
function changes(before: Policy, after: Policy): Partial<Policy> {
  return Object.fromEntries(Object.entries(after).filter(([member, value]) => value !== before[member as Member]));
}

/** The clinic's policy, its name and its time zone. */
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
  const errors = new Map(violations.map((violation) => [violation.pointer.slice(1), <ViolationText {...violation} />]));
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
      {GROUPS.map(([title, members]) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {members.map((member) => (
            <PolicyField
              key={member} member={member} value={before[member]} error={errors.get(member)}
              extraHint={member === "time_zone" ? texts.zoneData(before.time_zone_data) : undefined}
            />
          ))}
        </fieldset>
      ))}
      <OptionalField
        title={texts.cancelling} label={texts.patientsCancel} member="patient_cancel_notice" initial={DAY_MINUTES}
        value={before.patient_cancel_notice} error={errors.get("patient_cancel_notice")}
      />
      <OptionalField
        title={texts.openBookings} label={texts.limitOpenBookings} member="max_open_bookings" initial={10}
        value={before.max_open_bookings} error={errors.get("max_open_bookings")}
      />
      {errors.size > 0 ? <p class="notice bad" role="alert">{texts.unsaved}</p> : <ErrorMessage error={error} />}
      <button type="submit" class="primary" aria-disabled={busy}>{texts.save}</button>
      <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </form>
  );
}

type FieldProps = { member: Member; value: string | number | null; error: ComponentChildren; extraHint?: string | undefined };

function PolicyField({ member, value, error, extraHint }: FieldProps) {
  const id = useId();
  const [label, hint] = t.admin.policy.fields[member];
  const isZone = member === "time_zone";
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id} name={member} defaultValue={value ?? ""} type={TEXTS.includes(member) ? "text" : "number"} required
        list={isZone ? "zones" : undefined} autocomplete="off" spellcheck={!isZone}
        aria-invalid={error ? "true" : undefined} aria-describedby={`${id}-hint ${id}-error`}
      />
      <small id={`${id}-hint`}>{hint}{extraHint && ` ${extraHint}`}</small>
      <p class="wrong" id={`${id}-error`} hidden={!error}>{error}</p>
    </div>
  );
}

type OptionalProps = FieldProps & { title: string; label: string; value: number | null; initial: number };

/** A number that can be turned off with a checkbox. */
function OptionalField({ title, label, initial, value, ...field }: OptionalProps) {
  const [isOn, setOn] = useState(value !== null);
  return (
    <fieldset>
      <legend>{title}</legend>
      <label class="check">
        <input type="checkbox" checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
        {label}
      </label>
      {isOn && <PolicyField value={value ?? initial} {...field} />}
    </fieldset>
  );
}
