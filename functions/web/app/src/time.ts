// Converts between the API's timestamps (RFC 3339) and the dates and times of the pages, in the clinic's time zone.
import { Temporal } from "temporal-polyfill";
import { locale } from "./language";

export { Temporal };
export type PlainDate = Temporal.PlainDate;

let zone = "UTC";
/** The clinic's time zone, from `GET /clinic`. */
export const clinicZone = (): string => zone;
export function setClinicZone(id: string): void {
  zone = id;
}

/** The time zone of the user's device. */
export const deviceZone = (): string => Temporal.Now.timeZoneId();
export const today = (): PlainDate => Temporal.Now.plainDateISO(zone);
export const dayOf = (time: string): PlainDate => inZone(time).toPlainDate();
export const isPast = (time: string): boolean => Temporal.Instant.compare(Temporal.Instant.from(time), Temporal.Now.instant()) <= 0;

export function inZone(time: string, id = zone): Temporal.ZonedDateTime {
  return Temporal.Instant.from(time).toZonedDateTimeISO(id);
}

/**
 * Returns the timestamp of a time of day in the clinic's time zone. At a clock change, a repeated time is the first of
 * the two, and a skipped time is moved forward by the length of the gap.
 */
export function toTimestamp(date: PlainDate, time: string): string {
  return date.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) }).toString({ timeZoneName: "never" });
}

/** Parses a date like 2030-01-08. */
export function parseDate(text: string): PlainDate | undefined {
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    return undefined;
  }
}

/** Returns the seven days of a date's week, from Monday. */
export function weekOf(date: PlainDate): PlainDate[] {
  const monday = date.subtract({ days: date.dayOfWeek - 1 });
  return Array.from({ length: 7 }, (_, days) => monday.add({ days }));
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key)!;
}

const milliseconds = (time: string) => Temporal.Instant.from(time).epochMilliseconds;
const noon = (date: PlainDate) => date.toZonedDateTime({ timeZone: "UTC", plainTime: "12:00" }).epochMilliseconds;

/** 14:30, or 2:30 PM. */
export const formatTime = (time: string, id = zone): string => format({ timeStyle: "short", timeZone: id }).format(milliseconds(time));
/** Tue 14:30. */
export const formatWeekdayTime = (time: string, id = zone): string =>
  format({ weekday: "short", hour: "numeric", minute: "2-digit", timeZone: id }).format(milliseconds(time));
/** Tuesday, 8 January, 14:30. */
export const formatDateTime = (time: string, id = zone): string =>
  format({ weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit", timeZone: id }).format(milliseconds(time));
/** Tuesday, 8 January 2030. */
export const formatDate = (date: PlainDate): string => format({ dateStyle: "full", timeZone: "UTC" }).format(noon(date));
/** Tue 8 Jan. */
export const formatShortDate = (date: PlainDate): string =>
  format({ weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(noon(date));
/** Tuesday, for 2. Monday is 1 (ISO 8601). */
export const formatWeekday = (number: number): string =>
  format({ weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, number, 12));
/** 8 Jan 2030, 14:30:05. */
export const formatTimestamp = (time: string, id = zone): string =>
  format({ dateStyle: "medium", timeStyle: "medium", timeZone: id }).format(milliseconds(time));
/** Returns whether two time zones have different UTC offsets at a time. */
export const offsetsDiffer = (time: string, one = zone, other = deviceZone()): boolean =>
  inZone(time, one).offsetNanoseconds !== inZone(time, other).offsetNanoseconds;
