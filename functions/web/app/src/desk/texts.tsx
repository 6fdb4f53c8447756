import { locale } from "../language";
import { s } from "../language/staff";
import { parseDate, today, type PlainDate } from "../time";

const dates = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** 7 Mar 1984. */
export const dateText = (date: PlainDate): string =>
  dates.format(date.toZonedDateTime({ timeZone: "UTC", plainTime: "12:00" }).epochMilliseconds);

/** 7 Mar 1984 (42 years). Children of less than two years have their age in months. */
export function birthText(date: PlainDate): string {
  const { years, months } = date.until(today(), { largestUnit: "years" });
  return s.desk.born(dateText(date), years < 2 ? s.desk.months(years * 12 + months) : s.desk.years(years));
}

/** The birth date of a patient with the age, if it is known. */
export function BirthDate({ date }: { date: string | null }) {
  const parsed = date ? parseDate(date) : undefined;
  return parsed ? <time class="nowrap" dateTime={date!}>{birthText(parsed)}</time> : null;
}
