import { languageOptions } from "../language";
import { s } from "../language/staff";
import { Dialog } from "../ui/dialog";
import { EmailField, Field, NameField, Select } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { Notice } from "../ui/notice";
import { toast } from "../ui/toast";
import { changePatient, type PatientChanges } from "./data";
import type { Patient } from "./first";
import { withCountryCode } from "./words";

const MEMBERS = ["name", "phone", "email", "birth_date", "language"] as const;

/** Returns the members that were changed. An empty one is removed. */
function changesOf(patient: Patient, values: Values): PatientChanges {
  const given: Record<string, string> = { ...values, phone: withCountryCode(values["phone"] ?? "") };
  const changed = MEMBERS.filter((member) => member in values && given[member]!.trim() !== (patient[member] ?? ""));
  return Object.fromEntries(changed.map((member) => [member, given[member]!.trim() || null])) as PatientChanges;
}

/** Changes a patient's name and contact. */
export function EditPatient({ patient, onClose, onDone }: { patient: Patient; onClose: () => void; onDone: () => void }) {
  const texts = s.desk.newPatient;
  const submit = async (values: Values) => {
    const changes = changesOf(patient, values);
    if (Object.keys(changes).length > 0) await changePatient(patient.id, changes);
    toast(s.desk.card.saved);
    onDone();
  };
  return (
    <Dialog title={s.desk.card.edit} onClose={onClose}>
      <Form submit={s.desk.card.save} onSubmit={submit} guarded>
        <NameField label={s.desk.fields.name} name="name" defaultValue={patient.name} autocomplete="off" autofocus required />
        <Field
          label={s.desk.fields.phone} hint={texts.phoneHint} name="phone" type="tel" dir="ltr" maxlength={50} autocomplete="off"
          defaultValue={patient.phone ?? ""}
        />
        {patient.has_login ? <Notice>{texts.ownEmail}</Notice> : (
          <EmailField
            label={s.desk.fields.email} hint={texts.emailHint} required={false} autocomplete="off" defaultValue={patient.email ?? ""}
          />
        )}
        <Field label={s.desk.fields.birthDate} name="birth_date" type="date" min="1900-01-01" defaultValue={patient.birth_date ?? ""} />
        <Select
          label={s.desk.fields.language} name="language" value={patient.language ?? ""}
          options={[["", s.desk.fields.clinicLanguage], ...languageOptions(patient.language)]}
        />
      </Form>
    </Dialog>
  );
}
