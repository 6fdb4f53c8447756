import { GET, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { changeQuery, hrefTo, hrefWith, type Query } from "../route";
import { formatTimestamp, parseDate } from "../time";
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

type Entry = Schemas["AuditEntry"];
type Action = keyof typeof s.admin.audit.actions;
const ACTIONS = Object.entries(s.admin.audit.actions) as [Action, string][];

/** Returns the id in a query, if it is one. */
const idIn = (text: string | undefined): number | undefined => (text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined);
const dateIn = (text: string | undefined): string | undefined => parseDate(text ?? "")?.toString();

/** The filters of the audit log in a route's query. Ignores values that no filter has. */
const filtersOf = ({ action, actor, account, appointment, from, to }: Query) => ({
  action: ACTIONS.find(([known]) => known === action)?.[0],
  actor_id: idIn(actor),
  account_id: idIn(account),
  appointment_id: idIn(appointment),
  from: dateIn(from),
  to: dateIn(to),
});

/** The audit log, with filters. */
export function AuditPage({ query }: { query: Query }) {
  const texts = s.admin.audit;
  const filters = filtersOf(query);
  const entries = usePages((after) => GET("/audit", { params: { query: { ...filters, after } } }), [filters]);
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
              { title: texts.what, isHeader: true, cell: ({ action }) => texts.actions[action as Action] ?? action },
              { title: texts.who, cell: ({ actor_id, actor_name }) => (actor_id === null ? texts.nobody : <bdi>{actor_name}</bdi>) },
              { title: texts.about, cell: (entry) => <About entry={entry} /> },
              { title: texts.changes, cell: (entry) => <Changes entry={entry} /> },
            ]}
          />
        )}
      </PagedList>
    </div>
  );
}

function Filters({ query, filters }: { query: Query; filters: ReturnType<typeof filtersOf> }) {
  const texts = s.admin.audit;
  const person = (id: number | undefined) => (id === undefined ? undefined : { id, name: nameOf(id) ?? texts.chosen });
  const date = (name: "from" | "to") => (
    <Field
      label={texts[name]} type="date" value={query[name] ?? ""} min="2000-01-01"
      onChange={({ currentTarget: { validity, value } }) => validity.valid && changeQuery({ [name]: value })}
    />
  );
  const choose = (name: "actor" | "account") => (person: { id: number } | undefined) => changeQuery({ [name]: String(person?.id ?? "") });
  return (
    <div class="stack">
      <div class="form row">
        <Select
          label={texts.action} value={filters.action ?? ""} onChoose={(action) => changeQuery({ action })}
          options={[["", s.admin.any], ...ACTIONS]}
        />
        <PersonPicker label={texts.actor} value={person(filters.actor_id)} search={searchAccounts} onChoose={choose("actor")} />
        <PersonPicker label={texts.account} value={person(filters.account_id)} search={searchAccounts} onChoose={choose("account")} />
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
      {account_name && <bdi>{account_name}</bdi>}
      {appointment_id !== null && (
        <span class="row">
          <a href={hrefTo("appointments", appointment_id)}>{texts.appointment}</a>
          <a href={hrefWith(["audit"], { appointment: String(appointment_id) })}>{texts.history}</a>
        </span>
      )}
    </span>
  );
}
