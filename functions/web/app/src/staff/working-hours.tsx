import { useState } from "preact/hooks";
import { dataOf, PUT, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { formatWeekday } from "../time";
import { IconButton } from "../ui/button";
import { Form, useLeaveGuard } from "../ui/form";
import { toast } from "../ui/toast";
import { WeekRows } from "../ui/week-rows";
import { WEEKDAYS } from "./agenda";
import { RangeFields } from "./range-fields";

type Weekday = (typeof WEEKDAYS)[number];
type Hours = Schemas["WorkingHours"];
/** One time range in the form. A time input does not allow 24:00: 00:00 is the same, because it is on the next day then. */
type Row = { key: number; weekday: Weekday; start: string; end: string };

const toRows = (hours: Hours[]): Row[] =>
  hours.map(({ weekday, start, end }, key) => ({ key, weekday: weekday as Weekday, start, end: end.replace("24:", "00:") }));
const toHours = (rows: Row[]) => rows.map(({ weekday, start, end }) => ({ weekday, start, end }));

/** The form for the hours in which patients can book a doctor. */
export function WorkingHoursForm({ doctor, hours }: { doctor: number; hours: Hours[] }) {
  const texts = s.doctor.hours;
  return (
    <section class="section card">
      <div class="stack tight prose">
        <h2>{texts.week}</h2>
        <p class="faint">{texts.weekHint}</p>
      </div>
      <WeekForm doctor={doctor} hours={hours} />
    </section>
  );
}

function WeekForm({ doctor, hours }: { doctor: number; hours: Hours[] }) {
  const [saved, setSaved] = useState(hours);
  const [rows, setRows] = useState(() => toRows(hours));
  useLeaveGuard(JSON.stringify(toHours(rows)) !== JSON.stringify(toHours(toRows(saved))));
  const save = async () => {
    const params = { path: { doctor_id: doctor } };
    const stored = await dataOf(PUT("/doctors/{doctor_id}/working_hours", { params, body: toHours(rows) }));
    setSaved(stored);
    setRows(toRows(stored));
    toast(s.doctor.hours.saved);
  };
  const add = (weekday: Weekday) =>
    setRows([...rows, { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, weekday, start: "", end: "" }]);
  return (
    <Form submit={s.doctor.hours.save} onSubmit={save} aria-label={s.doctor.hours.week}>
      <WeekRows>
        {WEEKDAYS.map((weekday, day) => (
          <WeekdayHours
            key={weekday} name={formatWeekday(day + 1)} rows={rows.filter((row) => row.weekday === weekday)}
            onAdd={() => add(weekday)}
            onChange={(changed) => setRows(rows.map((row) => (row.key === changed.key ? changed : row)))}
            onRemove={({ key }) => setRows(rows.filter((row) => row.key !== key))}
          />
        ))}
      </WeekRows>
    </Form>
  );
}

type HoursProps = { name: string; rows: Row[]; onAdd: () => void; onChange: (row: Row) => void; onRemove: (row: Row) => void };

/** The working hours of one weekday. */
function WeekdayHours({ name, rows, onAdd, onChange, onRemove }: HoursProps) {
  const texts = s.doctor.hours;
  const remove = (event: MouseEvent, row: Row) => {
    // The button is removed with its row, so the focus moves to another button of the weekday.
    (event.currentTarget as Element).closest("[role=group]")?.querySelector<HTMLElement>(".add")?.focus();
    onRemove(row);
  };
  return (
    <div role="group" aria-label={name}>
      <h3>{name}</h3>
      <div class="stack">
        {rows.length === 0 && <p class="faint">{texts.closed}</p>}
        {rows.map((row) => (
          <div key={row.key} class="row end">
            <RangeFields start={row.start} end={row.end} onChange={(range) => onChange({ ...row, ...range })} />
            <IconButton icon="close" label={texts.removeHours(row.start, row.end)} onClick={(event) => remove(event, row)} />
          </div>
        ))}
      </div>
      <IconButton icon="plus" class="add" label={texts.addOn(name)} onClick={onAdd} />
    </div>
  );
}
