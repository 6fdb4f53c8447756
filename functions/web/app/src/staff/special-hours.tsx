import { useState } from "preact/hooks";
import { dataOf, DELETE, PUT, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { formatDate, parseDate, today } from "../time";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorMessage } from "../ui/errors";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { useAction } from "../ui/load";
import { Empty } from "../ui/states";
import { toast } from "../ui/toast";
import { WeekRows } from "../ui/week-rows";
import { toRange, WEEKDAYS, type OwnTimes } from "./agenda";
import { hoursText } from "./calendar-items";
import { DayRanges, toRangeRows, type ClockRange } from "./range-fields";

type SpecialHours = Schemas["SpecialHours"];
type Props = { doctor: number; times: OwnTimes; onChange: () => void };

const paramsFor = (doctor_id: number, date: string) => ({ params: { path: { doctor_id, date } } });
const put = (doctor: number, { date, hours }: SpecialHours) =>
  dataOf(PUT("/doctors/{doctor_id}/special_hours/{date}", { ...paramsFor(doctor, date), body: hours }));

const nameOf = (date: string): string => formatDate(parseDate(date)!);

/** The dates ahead on which a doctor has other hours than on the weekday. */
export function SpecialHoursList(props: Props) {
  const { doctor, times, onChange } = props;
  const texts = s.doctor.specialHours;
  /** The date that is edited, "" for a new one. */
  const [edited, setEdited] = useState<string>();
  const { busy, error, run } = useAction();
  const ahead = times.special.filter(({ date }) => date >= today().toString());
  const remove = async (special: SpecialHours) => {
    await dataOf(DELETE("/doctors/{doctor_id}/special_hours/{date}", paramsFor(doctor, special.date)));
    onChange();
    toast(texts.removed(nameOf(special.date)), async () => {
      await put(doctor, special);
      onChange();
      toast(texts.saved(nameOf(special.date)));
    });
  };
  return (
    <section class="section card">
      <div class="row between">
        <h2>{texts.title}</h2>
        <Button icon="plus" onClick={() => setEdited("")}>{texts.add}</Button>
      </div>
      <p class="faint prose">{texts.hint}</p>
      <ErrorMessage error={error} />
      {ahead.length === 0 ? <Empty icon="calendar">{texts.none}</Empty> : (
        <ul class="list">
          {ahead.map((special) => (
            <li key={special.date}>
              <div class="grow stack tight">
                <p class="strong">{nameOf(special.date)}</p>
                <p class="faint">{hoursText(special.hours.map(toRange))}</p>
              </div>
              <div class="row">
                <Button small aria-label={texts.changeOf(nameOf(special.date))} onClick={() => setEdited(special.date)}>
                  {texts.change}
                </Button>
                <Button
                  small busy={busy} aria-label={texts.removeOf(nameOf(special.date))} onClick={() => run(() => remove(special))}
                >
                  {texts.remove}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {edited !== undefined && <EditDialog {...props} edited={edited} onClose={() => setEdited(undefined)} />}
    </section>
  );
}

/** The hours of a date: its own, or those of its weekday. */
function hoursOf({ special, hours }: OwnTimes, date: string): ClockRange[] {
  const weekday = WEEKDAYS[(parseDate(date)?.dayOfWeek ?? 0) - 1];
  return special.find((special) => special.date === date)?.hours ?? hours.filter((range) => range.weekday === weekday);
}

/** Changes the hours of a date. A new date starts with the hours of its weekday. */
function EditDialog({ doctor, times, onChange, edited, onClose }: Props & { edited: string; onClose: () => void }) {
  const texts = s.doctor.specialHours;
  const [date, setDate] = useState(edited);
  const [rows, setRows] = useState(() => toRangeRows(hoursOf(times, edited)));
  const choose = (date: string) => {
    setDate(date);
    setRows(toRangeRows(hoursOf(times, date)));
  };
  const save = async () => {
    await put(doctor, { date, hours: rows.map(({ start, end }) => ({ start, end })) });
    onClose();
    onChange();
    toast(texts.saved(nameOf(date)));
  };
  return (
    <Dialog title={texts.title} onClose={onClose}>
      <Form submit={texts.submit} onSubmit={save}>
        {edited === "" && (
          <Field
            label={texts.date} type="date" value={date} min={today().toString()} required
            onInput={(event) => choose(event.currentTarget.value)}
          />
        )}
        {parseDate(date) && <WeekRows><DayRanges name={nameOf(date)} rows={rows} onChange={setRows} /></WeekRows>}
      </Form>
    </Dialog>
  );
}
