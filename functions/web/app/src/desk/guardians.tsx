import { useState } from "preact/hooks";
import { dataOf, DELETE, PUT } from "../api/client";
import { t } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { Button, IconButton } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { useFirstFocus } from "../ui/focus";
import { useAction } from "../ui/load";
import { PersonPicker } from "../ui/person-picker";
import { toast } from "../ui/toast";
import { findPatients } from "./data";
import type { Patient } from "./first";

/** The accounts that can book, see and change the appointments of a patient, such as the parents of a child. */
export function Guardians({ patient: { id, guardians }, onChange }: { patient: Patient; onChange: () => void }) {
  const texts = s.desk.guardians;
  const [isAdding, setAdding] = useState(false);
  const first = useFirstFocus(isAdding);
  const { busy, error, run } = useAction();
  const paramsFor = (account_id: number) => ({ params: { path: { patient_id: id, account_id } } });
  const add = (account_id: number, name: string) =>
    run(async () => {
      await dataOf(PUT("/patients/{patient_id}/guardians/{account_id}", paramsFor(account_id)));
      toast(texts.added(name));
      setAdding(false);
      onChange();
    });
  const remove = (account_id: number, name: string) =>
    run(async () => {
      await dataOf(DELETE("/patients/{patient_id}/guardians/{account_id}", paramsFor(account_id)));
      toast(texts.removed(name), () => add(account_id, name));
      onChange();
    });
  /** Only somebody with a login can be a guardian. */
  const search = async (q: string) =>
    (await findPatients({ q, birthDate: "" }))
      .filter((other) => other.has_login && other.id !== id && !guardians.some(({ account_id }) => account_id === other.id))
      .map(({ id, name, email }) => ({ id, name, about: email }));
  return (
    <section class="card" aria-label={texts.title}>
      <div class="row between">
        <h2>{texts.title}</h2>
        {!isAdding && <Button small icon="plus" onClick={() => setAdding(true)}>{texts.add}</Button>}
      </div>
      {guardians.length === 0 && !isAdding && <p class="faint">{texts.none}</p>}
      {guardians.length > 0 && (
        <ul class="plain stack tight">
          {guardians.map(({ account_id, name }) => (
            <li key={account_id} class="row between">
              <a href={hrefTo("patients", account_id)}><bdi>{name}</bdi></a>
              <IconButton icon="close" small busy={busy} label={texts.remove(name)} onClick={() => remove(account_id, name)} />
            </li>
          ))}
        </ul>
      )}
      {isAdding && (
        <div class="stack" ref={first}>
          <p class="faint">{texts.hint}</p>
          <PersonPicker
            label={texts.search} value={undefined} search={search} onChoose={(person) => person && add(person.id, person.name)}
          />
          <div><Button small onClick={() => setAdding(false)}>{t.ui.back}</Button></div>
        </div>
      )}
      <ErrorMessage error={error} />
    </section>
  );
}
