import { s } from "../language/staff";
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
