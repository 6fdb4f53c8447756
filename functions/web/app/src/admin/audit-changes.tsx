import type { Schemas } from "../api/client";
import { s } from "../language/staff";
import { t } from "../language";
import { WEEKDAYS } from "../staff/agenda";
import { formatTimestamp, formatWeekday } from "../time";
import { DateTime } from "../ui/time";

type Entry = Schemas["AuditEntry"];

/** What an entry of the audit log says about the change. */
export function Changes({ entry: { action, changes, source } }: { entry: Entry }) {
  const texts = s.admin.audit;
  if (!source && !changes) return null;
  return (
    <span class="stack tight">
      {source && <span>{texts.source} <bdi dir="ltr">{source}</bdi></span>}
      {Object.entries(changes ?? {}).filter(([member]) => member !== "id").map(([member, values]) => (
        <Change key={member} action={action} member={member} values={values as [unknown, unknown] | null} />
      ))}
    </span>
  );
}

/** A changed member with its values before and after. For personal data, the API returns only that it has changed. */
function Change({ action, member, values }: { action: string; member: string; values: [unknown, unknown] | null }) {
  const texts = s.admin.audit;
  const fields: Record<string, readonly [string, string]> = s.admin.policy.fields;
  const label = action === "policy" ? fields[member]?.[0] : undefined;
  const name = texts.members[member] ?? label ?? (member === "name" ? s.admin.accounts.name : member);
  if (values === null) return <span>{name}: {texts.changed}</span>;
  const [before, after] = values.map((value, index) => <bdi key={index}><Value member={member} value={value} /></bdi>);
  return <span>{name}: {before} → {after}</span>;
}

type Hours = Schemas["WorkingHours"];
const rangeText = ({ start, end }: { start: string; end: string }) => `${start}–${end}`;

function Value({ member, value }: { member: string; value: unknown }) {
  const texts = s.admin.audit;
  if (member === "bookable_by" && value !== null) return <>{s.admin.types.who[value as Schemas["BookableBy"]]}</>;
  if (member === "doctors" && value === null) return <>{s.admin.types.allDoctors}</>;
  if (value === null) return <>{texts.nothing}</>;
  if (typeof value === "boolean") return <>{value ? texts.yes : texts.no}</>;
  if (member === "status") return <>{t.status[value as Schemas["Status"]]}</>;
  if (member === "start_date" || member === "end_date") return <DateTime time={value as string} format={formatTimestamp} />;
  if (member === "quiet_hours") return <>{rangeText(value as Schemas["QuietHours"])}</>;
  if (!Array.isArray(value)) return <>{String(value)}</>;
  const weekdayText = ({ weekday }: Hours) => formatWeekday(WEEKDAYS.findIndex((known) => known === weekday) + 1);
  const hoursText = (hours: Hours) => `${weekdayText(hours)} ${rangeText(hours)}`;
  const parts = value.map((part: Hours | number) => (typeof part === "number" ? String(part) : hoursText(part)));
  return <>{parts.length > 0 ? parts.join(", ") : texts.nothing}</>;
}
