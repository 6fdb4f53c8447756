import { useState } from "preact/hooks";
import { SearchFilter } from "../admin/search-filter";
import { s } from "../language/staff";
import { hrefTo, type Query } from "../route";
import { CsvButton } from "../staff/csv-button";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Check } from "../ui/field";
import { PagedList, usePages } from "../ui/list";
import { PhoneLink } from "../ui/phone-link";
import { areShortcutsOn, setShortcuts } from "../ui/shortcut";
import { Empty } from "../ui/states";
import { Table } from "../ui/table";
import { useTitle } from "../ui/title";
import { fetchPatientsCsv } from "./data";
import { fetchPatients } from "./first";
import { NewPatient } from "./new-patient";
import { BirthDate } from "./texts";
import { callerOf, type Caller } from "./words";

/** All patients, with a search. `?q=` has its words. */
export function PatientsPage({ query }: { query: Query }) {
  const texts = s.desk.patients;
  const words = query["q"] ?? "";
  const { q, birthDate } = callerOf(words);
  const patients = usePages((after) => fetchPatients(q, birthDate, after), [q, birthDate]);
  const [caller, setCaller] = useState<Caller>();
  useTitle(texts.title);
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <div class="row">
          <CsvButton name="patients" page={(after, signal) => fetchPatientsCsv({ q, birthDate }, after, signal)} />
          <Button kind="primary" icon="plus" onClick={() => setCaller(callerOf(words))}>{s.desk.newPatient.title}</Button>
        </div>
      </div>
      <div class="form row"><SearchFilter label={texts.search} words={words} /></div>
      <PagedList list={patients} summary={texts.count} empty={<Empty icon="users">{texts.none}</Empty>}>
        {(rows) => (
          <Table
            caption={texts.caption} rows={rows} keyOf={({ id }) => id}
            columns={[
              {
                title: s.desk.fields.name, isHeader: true,
                cell: ({ id, name }) => <a href={hrefTo("patients", id)}><bdi>{name}</bdi></a>,
              },
              { title: s.desk.fields.birthDate, cell: ({ birth_date }) => <BirthDate date={birth_date} /> },
              { title: s.desk.fields.phone, cell: ({ phone }) => phone && <PhoneLink phone={phone} /> },
              { title: s.desk.fields.email, cell: ({ email }) => email && <bdi>{email}</bdi> },
              { title: s.desk.fields.login, cell: ({ has_login }) => has_login && <Badge tone="good">{s.desk.card.hasLogin}</Badge> },
            ]}
          />
        )}
      </PagedList>
      <Check
        label={texts.shortcuts} hint={texts.shortcutsHint} defaultChecked={areShortcutsOn()}
        onChange={(event) => setShortcuts(event.currentTarget.checked)}
      />
      {caller && <NewPatient caller={caller} onClose={() => setCaller(undefined)} />}
    </div>
  );
}
