// Times as the API has them (RFC 3339), and as a reader wants to see them: in the clinic's zone.
import { Temporal } from "temporal-polyfill";
import { locale } from "./language";

export { Temporal };
export type PlainDate = Temporal.PlainDate;

let zone = "UTC";
/** The zone of the clinic, from `GET /clinic`. */
export const clinicZone = (): string => zone;
export function setClinicZone(id: string): void {
  zone = id;
}

export const phoneZone = (): string => Temporal.Now.timeZoneId();
export const today = (): PlainDate => Temporal.Now.plainDateISO(zone);
export const dayOf = (time: string): PlainDate => inZone(time).toPlainDate();
export const isPast = (time: string): boolean => Temporal.Instant.compare(Temporal.Instant.from(time), Temporal.Now.instant()) <= 0;

export function inZone(time: string, id = zone): Temporal.ZonedDateTime {
  return Temporal.Instant.from(time).toZonedDateTimeISO(id);
}

/** The first instant of a day's wall clock, as the API takes it: of a time that a clock change skips, the next. */
export function at(date: PlainDate, time: string): string {
  return date.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) }).toString({ timeZoneName: "never" });
}

/** The day that a text like 2030-01-08 names, if it is one. */
export function readDay(text: string): PlainDate | undefined {
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    return undefined;
  }
}

/** The seven days from the Monday before a day, or the day itself. */
export function week(of: PlainDate): PlainDate[] {
  const monday = of.subtract({ days: of.dayOfWeek - 1 });
  return Array.from({ length: 7 }, (_, days) => monday.add({ days }));
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key)!;
}

const moment = (time: string) => Temporal.Instant.from(time).epochMilliseconds;
const noon = (date: PlainDate) => date.toZonedDateTime({ timeZone: "UTC", plainTime: "12:00" }).epochMilliseconds;

/** 14:30, or 2:30 PM. */
export const showTime = (time: string, id = zone): string => format({ timeStyle: "short", timeZone: id }).format(moment(time));
/** Tue 14:30. */
export const showDayTime = (time: string, id = zone): string =>
  format({ weekday: "short", hour: "numeric", minute: "2-digit", timeZone: id }).format(moment(time));
/** Tuesday, 8 January, 14:30. */
export const showMoment = (time: string, id = zone): string =>
  format({ weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit", timeZone: id }).format(moment(time));
/** Tuesday, 8 January 2030. */
export const showDate = (date: PlainDate): string => format({ dateStyle: "full", timeZone: "UTC" }).format(noon(date));
/** Tue 8 Jan. */
export const showDay = (date: PlainDate): string =>
  format({ weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(noon(date));
/** Tuesday, for 2 (ISO 8601: Monday is 1). */
export const showWeekday = (number: number): string =>
  format({ weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, number, 12));
/** 8 Jan 2030, 14:30:05. */
export const showStamp = (time: string, id = zone): string =>
  format({ dateStyle: "medium", timeStyle: "medium", timeZone: id }).format(moment(time));
/** Whether two zones tell another time at a moment. */
export const differs = (time: string, one = zone, other = phoneZone()): boolean =>
  inZone(time, one).offsetNanoseconds !== inZone(time, other).offsetNanoseconds;
