import { useState } from "preact/hooks";
import { answer, PUT, type Schemas } from "../api/client";
import { t } from "../language";
import { showWeekday } from "../time";
import { Field, Form } from "../ui/form";
import { Show, useLoad } from "../ui/load";
import { WEEKDAYS, workingHours } from "./data";

type Props = { doctor: number; onDone: (text: string) => void };
type Weekday = (typeof WEEKDAYS)[number];
/** Hours as they are edited: a time input knows no 24:00, so the end of a day is its 00:00. */
type Row = { key: number; weekday: Weekday; start: string; end: string };

const rowsOf = (hours: Schemas["WorkingHours"][]): Row[] =>
  hours.map(({ weekday, start, end }, key) => ({ key, weekday: weekday as Weekday, start, end: end.replace("24:", "00:") }));

export function WorkingHours({ doctor, onDone }: Props) {
  const loaded = useLoad(() => workingHours(doctor), [doctor]);
  return (
    <section>
      <h2>{t.doctor.hours.week}</h2>
      <p>{t.doctor.hours.weekHint}</p>
      <Show of={loaded}>{(hours) => <Week doctor={doctor} hours={hours} onDone={onDone} />}</Show>
    </section>
  );
}

function Week({ doctor, hours, onDone }: Props & { hours: Schemas["WorkingHours"][] }) {
  const [rows, setRows] = useState(() => rowsOf(hours));
  const save = async () => {
    const body = rows.map(({ weekday, start, end }) => ({ weekday, start, end: end === "00:00" ? "24:00" : end }));
    setRows(rowsOf(await answer(PUT("/doctors/{doctor_id}/working_hours", { params: { path: { doctor_id: doctor } }, body }))));
    onDone(t.doctor.hours.saved);
  };
  return (
    <Form submit={t.doctor.hours.save} onSubmit={save} aria-label={t.doctor.hours.week}>
      <div class="weekdays">
        {WEEKDAYS.map((weekday, day) => (
          <Hours
            key={weekday} name={showWeekday(day + 1)} rows={rows.filter((row) => row.weekday === weekday)}
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

/** The hours of one weekday. */
function Hours({ name, rows, onAdd, onChange, onRemove }: HoursProps) {
  const texts = t.doctor.hours;
  const remove = (event: MouseEvent, row: Row) => {
    // The button goes with its row: the focus stays in the day.
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
