import { useRef, useState } from "preact/hooks";
import { languageOptions } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { Disclosure } from "../ui/disclosure";
import { EmailField, Field, NameField, Select, TextArea } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form, type Values } from "../ui/form";
import { inThisPage } from "../ui/link";
import { Notice } from "../ui/notice";
import { toast } from "../ui/toast";
import { useAttempt } from "./attempt";
import { createPatient, findPatients, type PatientValues } from "./data";
import type { PatientRow } from "./first";
import { openPatient } from "./open-patient";
import { BirthDate } from "./texts";
import { withCountryCode, type Caller } from "./words";

/** The members of a new patient. What was not filled in is left out. */
function valuesOf({ name = "", phone = "", email = "", birth_date = "", language = "", notes = "" }: Values): PatientValues {
  const given = { phone: withCountryCode(phone), email: email.trim(), birth_date, language, notes: notes.trim() };
  return { name: name.trim(), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")) };
}

/** Returns the patients with the phone number, and those with the words of the name. */
async function likelyDuplicates({ name, phone }: PatientValues): Promise<PatientRow[]> {
  const searches = [phone?.replace(/\D/g, ""), name].filter((words) => words !== undefined && words !== "");
  const found = (await Promise.all(searches.map((q) => findPatients({ q: q!, birthDate: "" })))).flat();
  return [...new Map(found.map((patient) => [patient.id, patient])).values()];
}

/** Creates a patient from what a caller has said. Patients who may be the same person are shown first. */
export function NewPatient({ caller, onClose }: { caller: Caller; onClose: () => void }) {
  const texts = s.desk.newPatient;
  const create = useAttempt(createPatient);
  const [candidates, setCandidates] = useState<PatientRow[]>([]);
  /** The name and phone for which the duplicates have been shown. */
  const checked = useRef("");
  const show = (id: number) => {
    openPatient(id);
    onClose();
  };
  const submit = async (values: Values) => {
    const patient = valuesOf(values);
    const key = `${patient.name}\n${patient.phone}`;
    if (checked.current !== key) {
      const found = await likelyDuplicates(patient);
      checked.current = key;
      setCandidates(found);
      if (found.length > 0) return;
    }
    const { id, name } = await create(patient);
    toast(texts.created(name));
    show(id);
  };
  const { name, birthDate } = caller;
  const phone = withCountryCode(caller.phone);
  return (
    <Dialog title={texts.title} onClose={onClose}>
      <Form submit={candidates.length > 0 ? texts.createAnyway : texts.create} onSubmit={submit}>
        <NameField
          label={s.desk.fields.name} name="name" defaultValue={name} autocomplete="off" autofocus={name === ""} required
        />
        <Field
          label={s.desk.fields.phone} hint={texts.phoneHint} name="phone" type="tel" dir="ltr" defaultValue={phone} maxlength={50}
          autocomplete="off" autofocus={name !== ""}
        />
        <Disclosure title={texts.more} open={birthDate !== ""}><MoreFields birthDate={birthDate} /></Disclosure>
        {candidates.length > 0 && <Candidates patients={candidates} onChoose={show} />}
      </Form>
    </Dialog>
  );
}

/** What is rarely asked for on the phone. */
function MoreFields({ birthDate }: { birthDate: string }) {
  const texts = s.desk.newPatient;
  return (
    <div class="form">
      <Field label={s.desk.fields.birthDate} name="birth_date" type="date" min="1900-01-01" defaultValue={birthDate} />
      <EmailField label={s.desk.fields.email} hint={texts.emailHint} required={false} autocomplete="off" />
      <Select
        label={s.desk.fields.language} name="language" options={[["", s.desk.fields.clinicLanguage], ...languageOptions(null)]}
      />
      <TextArea label={texts.notes} hint={texts.notesHint} name="notes" maxlength={5000} />
    </div>
  );
}

/** Patients who may be the one that is being created. */
function Candidates({ patients, onChoose }: { patients: PatientRow[]; onChoose: (id: number) => void }) {
  const texts = s.desk.newPatient;
  const first = useFirstFocus(true, [patients]);
  return (
    <Notice tone="warn" role="alert">
      <p class="strong">{texts.isOneOf}</p>
      <div ref={first}>
        <ul class="list plain">
          {patients.map(({ id, name, birth_date, phone }) => (
            <li key={id}>
              <Avatar name={name} size="small" />
              <a class="cover grow" href={hrefTo("patients", id)} onClick={inThisPage(() => onChoose(id))}><bdi>{name}</bdi></a>
              <small class="row"><BirthDate date={birth_date} />{phone && <bdi dir="ltr">{phone}</bdi>}</small>
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  );
}
