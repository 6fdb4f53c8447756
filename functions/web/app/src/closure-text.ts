import type { Closure } from "./closures";
import { t } from "./language";
import { dayOf, formatShortDate, inZone } from "./time";
import { dateTimeText } from "./ui/time";

const isMidnight = (time: string) => inZone(time).equals(inZone(time).startOfDay());

/** When the clinic is closed, as text. If it is closed for whole days, only their dates. */
export function closureText({ start_date, end_date }: Closure): string {
  if (!isMidnight(start_date) || !isMidnight(end_date)) return t.slots.range(dateTimeText(start_date), dateTimeText(end_date));
  const [first, last] = [dayOf(start_date), dayOf(end_date).subtract({ days: 1 })];
  return first.equals(last) ? formatShortDate(first) : t.slots.range(formatShortDate(first), formatShortDate(last));
}
