import { useState } from "preact/hooks";
import { s } from "../language/staff";
import { WEEKDAYS } from "../staff/agenda";
import { rangeText } from "../staff/calendar-items";
import { RangeFields } from "../staff/range-fields";
import { formatWeekday } from "../time";
import { Segments } from "../ui/button";
import { Check } from "../ui/field";
import type { Values } from "../ui/form";
import { Fieldset } from "../ui/fieldset";

const WORKING_DAYS = 5;

/** The hours that every new doctor has on each day, in minutes of the day. */
const USUAL = { from: 8 * 60, to: 18 * 60 };
export const usualHours = (): string => rangeText(USUAL);

/** The hours that every new doctor has, or other ones. */
export type HoursChoice = "everyDay" | "chosen";

/** Returns the hours of the form: the same on each chosen weekday. */
export const hoursOf = (values: Values) =>
  WEEKDAYS.filter((weekday) => weekday in values).map((weekday) => ({ weekday, start: values["start"]!, end: values["end"]! }));

/** A simple choice of working hours. The doctor's page has all that is possible. */
export function HoursFields({ choice, onChoose }: { choice: HoursChoice; onChoose: (choice: HoursChoice) => void }) {
  const texts = s.admin.accounts.hours;
  const [range, setRange] = useState({ start: "08:00", end: "17:00" });
  return (
    <Fieldset legend={texts.title}>
      <Segments
        label={texts.title} value={choice} onChoose={onChoose}
        options={[["everyDay", texts.everyDay(usualHours())], ["chosen", texts.chosen]]}
      />
      {choice === "chosen" && (
        <>
          <div class="row">
            {WEEKDAYS.map((weekday, index) => (
              <Check key={weekday} label={formatWeekday(index + 1)} name={weekday} defaultChecked={index < WORKING_DAYS} />
            ))}
          </div>
          <div class="form row">
            <RangeFields {...range} onChange={setRange} />
          </div>
        </>
      )}
      <small>{texts.hint}</small>
    </Fieldset>
  );
}
