import { useState } from "preact/hooks";
import { ApiError, dataOf, POST } from "../api/client";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorMessage, messageOf } from "../ui/errors";
import { useAction, useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { PersonPicker } from "../ui/person-picker";
import { WhenLoaded } from "../ui/states";
import { Table } from "../ui/table";
import { toast } from "../ui/toast";
import { searchPatients } from "./data";
import { fetchPatient, type Patient } from "./first";
import { openPatient } from "./open-patient";
import { BirthDate } from "./texts";

/** Merges a patient, who was created twice, into another one. */
export function MergeDialog({ patient, onClose }: { patient: Patient; onClose: () => void }) {
  const texts = s.desk.merge;
  const [into, setInto] = useState<number>();
  const search = async (q: string) => (await searchPatients(q)).filter(({ id }) => id !== patient.id);
  return (
    <Dialog title={texts.title} large={into !== undefined} tall onClose={onClose}>
      <p>{texts.intro(patient.name)}</p>
      <PersonPicker label={texts.search} value={undefined} search={search} onChoose={(person) => setInto(person?.id)} />
      {into !== undefined && <Comparison key={into} patient={patient} into={into} onClose={onClose} />}
    </Dialog>
  );
}

/** Shows both patients side by side, and what a merge does. */
function Comparison({ patient, into, onClose }: { patient: Patient; into: number; onClose: () => void }) {
  const texts = s.desk.merge;
  const other = useLoad(() => fetchPatient(into), [into]);
  const { busy, error, run } = useAction();
  const merge = () =>
    run(async () => {
      const params = { path: { patient_id: patient.id } };
      const { id, name } = await dataOf(POST("/patients/{patient_id}/merge", { params, body: { into } }));
      toast(texts.merged(name));
      openPatient(id);
      onClose();
    });
  return (
    <WhenLoaded state={other}>
      {(stays) => (
        <>
          <Both goes={patient} stays={stays} />
          <p>{texts.what(stays.name)}</p>
          <ul class="stack tight">{texts.effects.map((effect) => <li key={effect}>{effect}</li>)}</ul>
          <MergeError error={error} />
          <div class="row">
            <Button kind="danger" busy={busy} onClick={merge}>{texts.submit}</Button>
            <Button onClick={onClose}>{texts.keep}</Button>
          </div>
        </>
      )}
    </WhenLoaded>
  );
}

function Both({ goes, stays }: { goes: Patient; stays: Patient }) {
  const texts = s.desk.card;
  const rows = [
    { title: s.desk.fields.name, of: ({ name }: Patient) => <bdi>{name}</bdi> },
    { title: s.desk.fields.birthDate, of: ({ birth_date }: Patient) => <BirthDate date={birth_date} /> },
    { title: s.desk.fields.phone, of: ({ phone }: Patient) => phone && <bdi dir="ltr">{phone}</bdi> },
    { title: s.desk.fields.email, of: ({ email }: Patient) => email && <bdi>{email}</bdi> },
    { title: s.desk.fields.login, of: ({ has_login }: Patient) => (has_login ? texts.hasLogin : texts.hasNoLogin) },
  ];
  return (
    <Table
      caption={s.desk.merge.title} rows={rows} keyOf={({ title }) => title}
      columns={[
        { title: s.desk.merge.member, isHeader: true, cell: ({ title }) => title },
        { title: s.desk.merge.goes, cell: ({ of }) => of(goes) },
        { title: s.desk.merge.stays, cell: ({ of }) => of(stays) },
      ]}
    />
  );
}

/** Why two patients cannot be merged. If appointments overlap, links to them. */
function MergeError({ error }: { error: unknown }) {
  const ids = error instanceof ApiError && error.kind === "patients-overlap" ? (error.problem.appointments ?? []) : [];
  if (ids.length === 0) return <ErrorMessage error={error} />;
  return (
    <Notice tone="bad" role="alert">
      <p>{messageOf(error)}</p>
      <ul class="plain row">
        {ids.map((id) => <li key={id}><a href={hrefTo("appointments", id)}>{s.desk.merge.appointment(id)}</a></li>)}
      </ul>
    </Notice>
  );
}
