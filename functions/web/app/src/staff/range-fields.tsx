import { s } from "../language/staff";
import { IconButton } from "../ui/button";
import { Field } from "../ui/field";

/** A time range of hours, as its inputs have it. An end at or before the start is on the next day. */
export type ClockRange = { start: string; end: string };

/** The start and the end of a time range. */
export function RangeFields({ start, end, onChange }: ClockRange & { onChange: (range: ClockRange) => void }) {
  const texts = s.doctor.hours;
  return (
    <>
      <Field
        label={texts.from} name="start" type="time" value={start} required
        onInput={(event) => onChange({ start: event.currentTarget.value, end })}
      />
      <Field
        label={start && end && end <= start ? texts.toNextDay : texts.to} name="end" type="time" value={end} required
        onInput={(event) => onChange({ start, end: event.currentTarget.value })}
      />
    </>
  );
}

/** A time range of a list in a form. */
export type RangeRow = ClockRange & { key: number };

/** A time input does not allow 24:00: 00:00 is the same, because it is on the next day then. */
export const toRangeRows = (hours: readonly ClockRange[]): RangeRow[] =>
  hours.map(({ start, end }, key) => ({ key, start, end: end.replace("24:", "00:") }));

/** The time ranges of one day, with buttons to add and remove some. */
export function DayRanges({ name, rows, onChange }: { name: string; rows: RangeRow[]; onChange: (rows: RangeRow[]) => void }) {
  const texts = s.doctor.hours;
  const add = () => onChange([...rows, { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, start: "", end: "" }]);
  const remove = (event: MouseEvent, { key }: RangeRow) => {
    // The button is removed with its row, so the focus moves to another button of the day.
    (event.currentTarget as Element).closest("[role=group]")?.querySelector<HTMLElement>(".add")?.focus();
    onChange(rows.filter((row) => row.key !== key));
  };
  return (
    <div role="group" aria-label={name}>
      <h3>{name}</h3>
      <div class="stack">
        {rows.length === 0 && <p class="faint">{texts.closed}</p>}
        {rows.map((row) => (
          <div key={row.key} class="row end">
            <RangeFields
              start={row.start} end={row.end}
              onChange={(range) => onChange(rows.map((one) => (one.key === row.key ? { ...one, ...range } : one)))}
            />
            <IconButton icon="close" label={texts.removeHours(row.start, row.end)} onClick={(event) => remove(event, row)} />
          </div>
        ))}
      </div>
      <IconButton icon="plus" class="add" label={texts.addOn(name)} onClick={add} />
    </div>
  );
}
