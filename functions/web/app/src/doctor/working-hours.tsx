import { useState } from "preact/hooks";
import { dataOf, PUT, type Schemas } from "../api/client";
import { t } from "../language";
import { formatWeekday } from "../time";
import { Field, Form } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";
import { fetchWorkingHours, WEEKDAYS } from "./data";

type Props = { doctor: number; onDone: (text: string) => void };
type Weekday = (typeof WEEKDAYS)[number];
/** One time range in the form. A time input does not allow 24:00, so the form shows an end at midnight as 00:00. */
type Row = { key: number; weekday: Weekday; start: string; end: string };

const toRows = (hours: Schemas["WorkingHours"][]): Row[] =>
  hours.map(({ weekday, start, end }, key) => ({ key, weekday: weekday as Weekday, start, end: end.replace("24:", "00:") }));

export function WorkingHours({ doctor, onDone }: Props) {
  const loaded = useLoad(() => fetchWorkingHours(doctor), [doctor]);
  return (
    <section>
      <h2>{t.doctor.hours.week}</h2>
      <p>{t.doctor.hours.weekHint}</p>
      <WhenLoaded state={loaded}>{(hours) => <WeekForm doctor={doctor} hours={hours} onDone={onDone} />}</WhenLoaded>
    </section>
  );
}

function WeekForm({ doctor, hours, onDone }: Props & { hours: Schemas["WorkingHours"][] }) {
  const [rows, setRows] = useState(() => toRows(hours));
  const save = async () => {
    const body = rows.map(({ weekday, start, end }) => ({ weekday, start, end: end === "00:00" ? "24:00" : end }));
    setRows(toRows(await dataOf(PUT("/doctors/{doctor_id}/working_hours", { params: { path: { doctor_id: doctor } }, body }))));
    onDone(t.doctor.hours.saved);
  };
  return (
    <Form submit={t.doctor.hours.save} onSubmit={save} aria-label={t.doctor.hours.week}>
      <div class="weekdays">
        {WEEKDAYS.map((weekday, day) => (
          <WeekdayHours
            key={weekday} name={formatWeekday(day + 1)} rows={rows.filter((row) => row.weekday === weekday)}
            onAdd={() => setRows([...rows, { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, weekday, start: "", end: "" }])}
            onChange={(changed) => setRows(rows.map((row) => (row.key === changed.key ? changed : row)))}
            onRemove={({ key }) => setRows(rows.filter((row) => row.key !== key))}
          />
        ))}
      </div>
    </Form>
  );
}

type HoursProps = { name: string; rows: Row[]; onAdd: () => void; onChange: (row: Row) => void; onRemove: (row: Row) => void };

/** The working hours of one weekday. */
function WeekdayHours({ name, rows, onAdd, onChange, onRemove }: HoursProps) {
  const texts = t.doctor.hours;
  const remove = (event: MouseEvent, row: Row) => {
    // The button is removed with its row, so the focus moves to another button of the weekday.
    (event.target as Element).closest("fieldset")?.querySelector<HTMLElement>(".add")?.focus();
    onRemove(row);
  };
  return (
    <fieldset>
      <legend>{name}</legend>
      {rows.length === 0 && <p class="faint">{texts.closed}</p>}
      {rows.map((row) => (
        <div key={row.key} class="row">
          <Field
            label={texts.from} type="time" value={row.start} required
            onInput={(event) => onChange({ ...row, start: event.currentTarget.value })}
          />
          <Field
            label={texts.to} type="time" value={row.end} required
            onInput={(event) => onChange({ ...row, end: event.currentTarget.value })}
          />
          <button
            type="button" class="quiet" aria-label={texts.removeHours(row.start, row.end)} onClick={(event) => remove(event, row)}
          >
            {texts.remove}
          </button>
        </div>
      ))}
      <button type="button" class="add" aria-label={texts.addOn(name)} onClick={onAdd}>{texts.add}</button>
    </fieldset>
  );
}
