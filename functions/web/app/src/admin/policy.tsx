import { dataOf, PATCH } from "../api/client";
import { setClinic, useClinic, type Clinic } from "../clinic";
import { languageOptions } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { LinkButton } from "../ui/button";
import { Field, NameField, Select, TextArea } from "../ui/field";
import { Fieldset } from "../ui/fieldset";
import { Form, type Values } from "../ui/form";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { Bookings, DoctorsDay, QuietHours, textsOf } from "./policy-fields";
import { changes, policyOf } from "./policy-values";

const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

/** The clinic's policy, its name, contact and time zone. */
export function PolicyPage() {
  const texts = s.admin.policy;
  const clinic = useClinic();
  useTitle(texts.title);
  const submit = async (values: Values) => {
    const { moved, outside_hours, ...saved } = await dataOf(PATCH("/clinic", { body: changes(clinic, policyOf(values)) }));
    setClinic(saved);
    toast(moved === undefined ? texts.saved : `${texts.saved} ${texts.moved(moved)} ${texts.outside(outside_hours ?? 0)}`);
  };
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <LinkButton icon="calendar" href={hrefTo("closures")}>{s.admin.closures.title}</LinkButton>
      </div>
      <p class="faint prose">{texts.intro}</p>
      <Form submit={texts.save} onSubmit={submit} guarded>
        <div class="halves page">
          <div class="page">
            <About clinic={clinic} />
            <Messages clinic={clinic} />
          </div>
          <div class="page">
            <Bookings clinic={clinic} />
            <DoctorsDay clinic={clinic} />
          </div>
        </div>
      </Form>
    </div>
  );
}

/** The clinic's name, time zone and contact. */
function About({ clinic }: { clinic: Clinic }) {
  const texts = s.admin.policy;
  const zone = textsOf("time_zone");
  return (
    <>
      <Fieldset legend={texts.clinic} columns>
        <NameField {...textsOf("name")} name="name" defaultValue={clinic.name} autocomplete="off" required />
        <Field
          {...zone} hint={`${zone.hint} ${texts.zoneData(clinic.time_zone_data)}`} name="time_zone" defaultValue={clinic.time_zone}
          suggestions={ZONES} spellcheck={false} autocomplete="off" required
        />
      </Fieldset>
      <Fieldset legend={texts.contact} columns>
        <Field
          {...textsOf("phone")} name="phone" type="tel" dir="ltr" defaultValue={clinic.phone ?? ""} maxlength={50} autocomplete="off"
        />
        <Field {...textsOf("email")} name="email" inputmode="email" defaultValue={clinic.email ?? ""} maxlength={254} autocomplete="off" />
        <TextArea {...textsOf("address")} name="address" defaultValue={clinic.address ?? ""} maxlength={500} class="wide" />
      </Fieldset>
    </>
  );
}

/** The clinic's messages to patients, and when reminders are sent. */
function Messages({ clinic }: { clinic: Clinic }) {
  const texts = s.admin.policy;
  return (
    <Fieldset legend={texts.messages}>
      <Select
        label={texts.language} hint={texts.languageHint} name="language" value={clinic.language} options={languageOptions(clinic.language)}
      />
      <Field
        {...textsOf("reminder_minutes")} name="reminder_minutes" dir="ltr" autocomplete="off"
        defaultValue={clinic.reminder_minutes.join(", ")}
      />
      <QuietHours hours={clinic.quiet_hours} />
    </Fieldset>
  );
}
