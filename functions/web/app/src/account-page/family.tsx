import { useRef, useState } from "preact/hooks";
import { dataOf, newKey, PATCH, POST } from "../api/client";
import { dependantsOf, fetchFamily, setFamily, useFamily, withPatient, type Patient } from "../family";
import { t } from "../language";
import { formatLongDate, parseDate } from "../time";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { BirthDateField, NameField } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { useLoad } from "../ui/load";
import { SkeletonRows, WhenLoaded } from "../ui/states";
import { toast } from "../ui/toast";
import { Section } from "./section";

/** The people whom the user can book for: a list, with forms to add one and to change one. */
export function Family() {
  const texts = t.account.family;
  const loaded = useLoad(fetchFamily, []);
  const current = useFamily();
  const [edited, setEdited] = useState<Patient | "new">();
  return (
    <Section title={texts.title}>
      <p class="faint">{texts.intro}</p>
      <WhenLoaded state={loaded} skeleton={<SkeletonRows count={2} />}>
        {(first) => {
          const family = current ?? first;
          return (
            <>
              <List dependants={dependantsOf(family)} onEdit={setEdited} />
              <div class="row"><Button icon="plus" onClick={() => setEdited("new")}>{texts.add}</Button></div>
              {edited && (
                <EditDialog
                  family={family} patient={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)}
                />
              )}
            </>
          );
        }}
      </WhenLoaded>
    </Section>
  );
}

function List({ dependants, onEdit }: { dependants: readonly Patient[]; onEdit: (patient: Patient) => void }) {
  const texts = t.account.family;
  if (dependants.length === 0) return null;
  return (
    <>
      <ul class="list" aria-label={texts.title}>
        {dependants.map((patient) => (
          <li key={patient.id}>
            <Avatar name={patient.name} size="small" />
            <span class="grow">
              <bdi class="strong">{patient.name}</bdi>
              {patient.birth_date && <><br /><small>{texts.born(formatLongDate(parseDate(patient.birth_date)!))}</small></>}
            </span>
            <Button small aria-label={texts.changeOf(patient.name)} onClick={() => onEdit(patient)}>{texts.change}</Button>
          </li>
        ))}
      </ul>
      <p class="faint">{texts.remove}</p>
    </>
  );
}

type Details = { name: string; birth_date: string | null };
const change = (patient_id: number, body: Details): Promise<Patient> =>
  dataOf(PATCH("/patients/{patient_id}", { params: { path: { patient_id } }, body }));

/** Adds a dependant, or changes one. */
function EditDialog({ family, patient, onClose }: {
  family: readonly Patient[];
  /** The dependant to change. */
  patient: Patient | undefined;
  onClose: () => void;
}) {
  const texts = t.account.family;
  // The same for a repeated attempt: if the first response was lost, the second does not add the person again.
  const attempt = useRef({ body: "", key: "" });
  const add = (body: Details): Promise<Patient> => {
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: newKey() };
    return dataOf(POST("/me/patients", { body, params: { header: { "Idempotency-Key": attempt.current.key } } }));
  };
  const submit = async ({ name, birth_date }: Values) => {
    const body = { name: name!, birth_date: birth_date || null };
    const saved = await (patient ? change(patient.id, body) : add(body));
    setFamily(withPatient(family, saved));
    toast(patient ? texts.changed(saved.name) : texts.added(saved.name));
    onClose();
  };
  return (
    <Dialog title={patient ? texts.changeOf(patient.name) : texts.add} onClose={onClose}>
      <Form submit={patient ? texts.save : texts.add} onSubmit={submit} actions={<Button onClick={onClose}>{t.ui.close}</Button>}>
        <NameField label={texts.name} name="name" defaultValue={patient?.name ?? ""} autocomplete="off" required autofocus />
        <BirthDateField value={patient?.birth_date ?? null} />
      </Form>
    </Dialog>
  );
}
