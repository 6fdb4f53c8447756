import { useState } from "preact/hooks";
import { dataOf, PUT, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { formatWeekday } from "../time";
import { Form, useLeaveGuard } from "../ui/form";
import { toast } from "../ui/toast";
import { WeekRows } from "../ui/week-rows";
import { WEEKDAYS } from "./agenda";
import { DayRanges, toRangeRows, type RangeRow } from "./range-fields";

type Hours = Schemas["WorkingHours"];
/** The rows of each weekday. */
type Week = RangeRow[][];

const toWeek = (hours: Hours[]): Week =>
  WEEKDAYS.map((weekday) => toRangeRows(hours.filter((range) => range.weekday === weekday)));
const toHours = (week: Week) =>
  week.flatMap((rows, day) => rows.map(({ start, end }) => ({ weekday: WEEKDAYS[day]!, start, end })));

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
  const [week, setWeek] = useState(() => toWeek(hours));
  useLeaveGuard(JSON.stringify(toHours(week)) !== JSON.stringify(toHours(toWeek(saved))));
  const save = async () => {
    const params = { path: { doctor_id: doctor } };
    const stored = await dataOf(PUT("/doctors/{doctor_id}/working_hours", { params, body: toHours(week) }));
    setSaved(stored);
    setWeek(toWeek(stored));
    toast(s.doctor.hours.saved);
  };
  return (
    <Form submit={s.doctor.hours.save} onSubmit={save} aria-label={s.doctor.hours.week}>
      <WeekRows>
        {week.map((rows, day) => (
          <DayRanges key={day} name={formatWeekday(day + 1)} rows={rows} onChange={(rows) => setWeek(week.with(day, rows))} />
        ))}
      </WeekRows>
    </Form>
  );
}
