import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { answer, GET, PATCH, Refused, type Schemas } from "../api/client";
import { t } from "../language";
import { setClinicZone } from "../time";
import { Failure, Show, useAction, useLoad, Wrong } from "../ui/load";
import { useTitle } from "../ui/title";
import { Said } from "./when";

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
const DAY = 1440;

/** What the form holds. A number that is not there is none. */
function held(form: HTMLFormElement): Policy {
  const entries = [...new FormData(form)].map(([name, value]) => [name, TEXTS.includes(name as Member) ? value : Number(value)]);
  return { patient_cancel_notice: null, max_open_bookings: null, ...Object.fromEntries(entries) };
}

/** What another Admin may have changed meanwhile, and this one has not, is not sent. */
function changes(before: Policy, after: Policy): Partial<Policy> {
  return Object.fromEntries(Object.entries(after).filter(([member, value]) => value !== before[member as Member]));
}

/** What an appointment must be like, and the clinic's name and zone. */
export function PolicyPage() {
  const texts = t.admin.policy;
  const clinic = useLoad(() => answer(GET("/clinic")), []);
  const [said, say] = useState("");
  const saved = ({ time_zone, moved, outside_hours }: Changed) => {
    setClinicZone(time_zone);
    say(moved === undefined ? texts.saved : `${texts.saved} ${texts.moved(moved)} ${texts.outside(outside_hours ?? 0)}`);
  };
  useTitle(texts.title);
  return (
    <section class="policy">
      <h1>{texts.title}</h1>
      <p>{texts.intro}</p>
      <Show of={clinic}>{(clinic) => <PolicyForm clinic={clinic} onSaved={saved} onChange={() => say("")} />}</Show>
      <Said text={said} />
    </section>
  );
}

type FormProps = { clinic: Clinic; onSaved: (clinic: Changed) => void; onChange: () => void };

function PolicyForm({ clinic, onSaved, onChange }: FormProps) {
  const texts = t.admin.policy;
  const form = useRef<HTMLFormElement>(null);
  const [before, setBefore] = useState(clinic);
  const { busy, error, run } = useAction();
  const refused = error instanceof Refused ? (error.problem.errors ?? []) : [];
  const errors = new Map(refused.map((error) => [error.pointer.slice(1), <Wrong {...error} />]));
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [error]);
  const submit = (event: Event) => {
    event.preventDefault();
    onChange();
    void run(async () => {
      const saved = await answer(PATCH("/clinic", { body: changes(before, held(form.current!)) }));
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
              more={member === "time_zone" ? texts.zoneData(before.time_zone_data) : undefined}
            />
          ))}
        </fieldset>
      ))}
      <OptionalField
        title={texts.cancelling} label={texts.patientsCancel} member="patient_cancel_notice" usual={DAY}
        value={before.patient_cancel_notice} error={errors.get("patient_cancel_notice")}
      />
      <OptionalField
        title={texts.openBookings} label={texts.limitOpenBookings} member="max_open_bookings" usual={10}
        value={before.max_open_bookings} error={errors.get("max_open_bookings")}
      />
      {errors.size > 0 ? <p class="notice bad" role="alert">{texts.unsaved}</p> : <Failure of={error} />}
      <button type="submit" class="primary" aria-disabled={busy}>{texts.save}</button>
      <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </form>
  );
}

type FieldProps = { member: Member; value: string | number | null; error: ComponentChildren; more?: string | undefined };

function PolicyField({ member, value, error, more }: FieldProps) {
  const id = useId();
  const [label, hint] = t.admin.policy.fields[member];
  const zone = member === "time_zone";
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id} name={member} defaultValue={value ?? ""} type={TEXTS.includes(member) ? "text" : "number"} required
        list={zone ? "zones" : undefined} autocomplete="off" spellcheck={!zone}
        aria-invalid={error ? "true" : undefined} aria-describedby={`${id}-hint ${id}-error`}
      />
      <small id={`${id}-hint`}>{hint}{more && ` ${more}`}</small>
      <p class="wrong" id={`${id}-error`} hidden={!error}>{error}</p>
    </div>
  );
}

type OptionalProps = FieldProps & { title: string; label: string; value: number | null; usual: number };

/** A number that the policy may do without. */
function OptionalField({ title, label, usual, value, ...field }: OptionalProps) {
  const [on, turn] = useState(value !== null);
  return (
    <fieldset>
      <legend>{title}</legend>
      <label class="check">
        <input type="checkbox" checked={on} onChange={(event) => turn(event.currentTarget.checked)} />
        {label}
      </label>
      {on && <PolicyField value={value ?? usual} {...field} />}
    </fieldset>
  );
}
