import { useState } from "preact/hooks";
import { GET, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { clinicZone, formatTimestamp, formatWeekday } from "../time";
import { Select, Field } from "../ui/form";
import { useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { parseId, Table, usePages } from "./paged-table";
import { fetchStaffNames, nameOrNumber } from "./accounts-data";
import { DateTime } from "./date-time";

type Entry = Schemas["AuditEntry"];
type Action = keyof typeof t.admin.audit.actions;
const ACTIONS = Object.entries(t.admin.audit.actions) as [Action, string][];

/** The audit log, with filters. */
export function AuditPage() {
  const texts = t.admin.audit;
  const [filters, setFilters] = useState({ action: "", actor: "", account: "", appointment: "", from: "", to: "" });
  const query = {
    action: (filters.action as Action) || undefined,
    actor_id: parseId(filters.actor),
    account_id: parseId(filters.account),
    appointment_id: parseId(filters.appointment),
    from: filters.from || undefined,
    to: filters.to || undefined,
  };
  const entries = usePages((after) => GET("/audit", { params: { query: { ...query, after } } }), [query]);
  const names = useLoad(fetchStaffNames, []);
  const setFilter = (name: keyof typeof filters) => (value: string) => setFilters((before) => ({ ...before, [name]: value }));
  const field = (name: keyof typeof filters, type: "number" | "date") => (
    <Field
      label={texts[name]} type={type} min={type === "number" ? 1 : undefined} value={filters[name]}
      onInput={(event) => setFilter(name)(event.currentTarget.value)}
    />
  );
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <p>{texts.intro} {t.ui.clinicTime(clinicZone())}</p>
      <div class="row">
        <Select
          label={texts.action} value={filters.action} onChoose={setFilter("action")} options={[["", t.admin.any], ...ACTIONS]}
        />
        {field("actor", "number")}
        {field("account", "number")}
        {field("appointment", "number")}
        {field("from", "date")}
        {field("to", "date")}
      </div>
      <Table
        list={entries} caption={texts.caption} empty={texts.none}
        columns={[texts.at, texts.what, texts.who, texts.aboutAccount, texts.aboutAppointment, texts.changes, texts.request]}
      >
        {(entry) => <Row key={entry.id} entry={entry} names={names.data ?? new Map()} />}
      </Table>
    </>
  );
}

function Row({ entry, names }: { entry: Entry; names: Map<number, string> }) {
  const texts = t.admin.audit;
  const { at, action, actor_id, actor_name, account_id, appointment_id, request_id, source } = entry;
  return (
    <tr>
      <td><DateTime time={at} format={formatTimestamp} /></td>
      <th scope="row">{texts.actions[action as Action] ?? action}</th>
      <td>{actor_id === null ? texts.nobody : <bdi>{actor_name ?? nameOrNumber(actor_id, names)}</bdi>}</td>
      <td>{account_id !== null && <bdi>{nameOrNumber(account_id, names)}</bdi>}</td>
      <td>
        {appointment_id !== null && <a href={hrefTo("appointments", appointment_id)}>{t.admin.number(String(appointment_id))}</a>}
      </td>
      <td>
        {source && <div>{texts.source} <bdi dir="ltr">{source}</bdi></div>}
        {Object.entries(entry.changes ?? {}).map(([member, values]) => (
          <Change key={member} member={member} values={values as [unknown, unknown] | null} />
        ))}
      </td>
      <td><small dir="ltr">{request_id}</small></td>
    </tr>
  );
}

/** A changed member with its values before and after. For personal data, the API returns only that it has changed. */
function Change({ member, values }: { member: string; values: [unknown, unknown] | null }) {
  const texts = t.admin.audit;
  const fields: Record<string, readonly [string, string]> = t.admin.policy.fields;
  const name = texts.members[member] ?? (values ? fields[member]?.[0] : t.admin.accounts.name) ?? member;
  if (values === null) return <div>{name}: {texts.changed}</div>;
  const [before, after] = values.map((value, index) => <bdi key={index}><Value member={member} value={value} /></bdi>);
  return <div>{name}: {before} → {after}</div>;
}

type Hours = Schemas["WorkingHours"];
const rangeText = ({ start, end }: { start: string; end: string }) => `${start}–${end}`;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function Value({ member, value }: { member: string; value: unknown }) {
  const texts = t.admin.audit;
  if (value === null) return <>{texts.nothing}</>;
  if (typeof value === "boolean") return <>{value ? texts.yes : texts.no}</>;
  if (member === "status") return <>{t.status[value as Schemas["Status"]]}</>;
  if (member === "start_date" || member === "end_date") return <DateTime time={value as string} format={formatTimestamp} />;
  if (member === "quiet_hours") return <>{rangeText(value as Schemas["QuietHours"])}</>;
  if (!Array.isArray(value)) return <>{String(value)}</>;
  const hoursText = (hours: Hours) => `${formatWeekday(WEEKDAYS.indexOf(hours.weekday) + 1)} ${rangeText(hours)}`;
  const parts = value.map((part: Hours | number) => (typeof part === "number" ? String(part) : hoursText(part)));
  return <>{parts.length > 0 ? parts.join(", ") : texts.nothing}</>;
}
