import type { Schemas } from "../api/client";
import { s } from "../language/staff";
import { changeQuery, hrefTo, hrefWith, type Query } from "../route";
import { formatTimestamp } from "../time";
import { Button } from "../ui/button";
import { Field, Select } from "../ui/field";
import { PagedList, usePages } from "../ui/list";
import { PersonPicker } from "../ui/person-picker";
import { Empty } from "../ui/states";
import { Table } from "../ui/table";
import { DateTime, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { nameOf, rememberName, searchAccounts } from "./accounts-data";
import { Changes } from "./audit-changes";
import { auditFilters, fetchAudit } from "./lists";

type Entry = Schemas["AuditEntry"];

/** The audit log, with filters. */
export function AuditPage({ query }: { query: Query }) {
  const texts = s.admin.audit;
  const filters = auditFilters(query);
  const entries = usePages((after) => fetchAudit(filters, after), [filters]);
  for (const { actor_id, actor_name, account_id, account_name } of entries.items) {
    rememberName(actor_id, actor_name);
    rememberName(account_id, account_name);
  }
  useTitle(texts.title);
  return (
    <div class="page">
      <div class="stack tight">
        <h1>{texts.title}</h1>
        <p class="faint prose">{texts.intro}</p>
        <ZoneNote />
      </div>
      <Filters query={query} filters={filters} />
      <PagedList list={entries} summary={texts.count} empty={<Empty icon="search">{texts.none}</Empty>}>
        {(items) => (
          <Table
            caption={texts.caption} rows={items} keyOf={({ id }) => id}
            columns={[
              { title: texts.at, cell: ({ at }) => <DateTime time={at} format={formatTimestamp} /> },
              { title: texts.what, isHeader: true, cell: ({ action }) => texts.actions[action] ?? action },
              { title: texts.who, cell: ({ actor_id, actor_name }) => (actor_id === null ? texts.nobody : <bdi>{actor_name}</bdi>) },
              { title: texts.about, cell: (entry) => <About entry={entry} /> },
              { title: texts.changes, cell: (entry) => <Changes entry={entry} /> },
              { title: texts.request, cell: ({ request_id }) => request_id && <small><bdi dir="ltr">{request_id}</bdi></small> },
            ]}
          />
        )}
      </PagedList>
    </div>
  );
}

function Filters({ query, filters }: { query: Query; filters: ReturnType<typeof auditFilters> }) {
  const texts = s.admin.audit;
  const person = (id: number | undefined) => (id === undefined ? undefined : { id, name: nameOf(id) ?? texts.chosen });
  const date = (name: "from" | "to") => (
    <Field
      label={texts[name]} type="date" value={query[name] ?? ""} min="2000-01-01"
      onChange={({ currentTarget: { validity, value } }) => validity.valid && changeQuery({ [name]: value })}
    />
  );
  const choose = (name: "actor" | "about") => (person: { id: number } | undefined) => changeQuery({ [name]: String(person?.id ?? "") });
  return (
    <div class="stack">
      <div class="form row">
        <Select
          label={texts.action} value={filters.action ?? ""} onChoose={(action) => changeQuery({ action })}
          options={[["", s.admin.any], ...Object.entries(texts.actions)]}
        />
        <PersonPicker label={texts.actor} value={person(filters.actor_id)} search={searchAccounts} onChoose={choose("actor")} />
        <PersonPicker label={texts.account} value={person(filters.account_id)} search={searchAccounts} onChoose={choose("about")} />
        {date("from")}
        {date("to")}
      </div>
      {filters.appointment_id !== undefined && (
        <div class="row">
          <Button small icon="close" onClick={() => changeQuery({ appointment: "" })}>{texts.oneAppointment}</Button>
        </div>
      )}
    </div>
  );
}

/** The account and the appointment that an entry is about. */
function About({ entry: { account_name, appointment_id } }: { entry: Entry }) {
  const texts = s.admin.audit;
  return (
    <span class="stack tight">
      {account_name && <span><bdi>{account_name}</bdi></span>}
      {appointment_id !== null && (
        <span class="row">
          <a href={hrefTo("appointments", appointment_id)}>{texts.appointment}</a>
          <a href={hrefWith(["audit"], { appointment: String(appointment_id) })}>{texts.history}</a>
        </span>
      )}
    </span>
  );
}
