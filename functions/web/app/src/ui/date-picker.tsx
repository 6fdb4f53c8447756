import { t } from "../language";
import { Temporal, today, type PlainDate } from "../time";
import { Button, IconButton } from "./button";

/** What a calendar shows at once. */
export type Period = "day" | "week";

/** Buttons for the previous and the next day or week, and an input for any date. */
export function DatePicker({ day, period, onChange }: { day: PlainDate; period: Period; onChange: (day: PlainDate) => void }) {
  const by = period === "day" ? { days: 1 } : { weeks: 1 };
  const [previous, next, present] =
    period === "day" ? [t.ui.previousDay, t.ui.nextDay, t.ui.today] : [t.ui.previousWeek, t.ui.nextWeek, t.ui.thisWeek];
  return (
    <div class="row date-picker">
      <IconButton icon="previous" label={previous} onClick={() => onChange(day.subtract(by))} />
      <Button onClick={() => onChange(today())}>{present}</Button>
      <IconButton icon="next" label={next} onClick={() => onChange(day.add(by))} />
      <input
        class="input"
        type="date"
        aria-label={t.ui.date}
        value={day.toString()}
        required
        // While a user types the year 2030, the year of the input is 2, then 20. The minimum makes these invalid.
        min="2000-01-01"
        onChange={({ currentTarget: { validity, value } }) => validity.valid && onChange(Temporal.PlainDate.from(value))}
      />
    </div>
  );
}
