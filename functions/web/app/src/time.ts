// Converts between the API's timestamps (RFC 3339) and the dates and times of the pages, in the clinic's time zone.
import type { Temporal as Api } from "temporal-polyfill";
import { locale } from "./language/choice";

/** Browsers of before 2026 have no `Temporal`: only they load the polyfill. */
export const Temporal = ((globalThis as { Temporal?: typeof Api }).Temporal
  ?? (await import("temporal-polyfill")).Temporal) as typeof Api;
export type PlainDate = Api.PlainDate;

/** The time zone of the last visit, which is most likely right while the clinic's data are loading. */
const KEY = "zone";
let zone = localStorage.getItem(KEY) ?? Temporal.Now.timeZoneId();
/** The clinic's time zone, from `GET /clinic`. */
export const clinicZone = (): string => zone;
export function setClinicZone(id: string): void {
  zone = id;
  localStorage.setItem(KEY, id);
}

/** The time zone of the user's device. */
export const deviceZone = (): string => Temporal.Now.timeZoneId();
/** The present time, as a timestamp. */
export const now = (): string => Temporal.Instant.fromEpochMilliseconds(Date.now()).toString();
/** The start of the present minute, as a timestamp. Requests of the same minute are then alike, and can share a response. */
export const thisMinute = (): string =>
  Temporal.Instant.fromEpochMilliseconds(Date.now()).round({ smallestUnit: "minute", roundingMode: "floor" }).toString();
export const today = (): PlainDate => inZone(now()).toPlainDate();
export const dayOf = (time: string): PlainDate => inZone(time).toPlainDate();
export const isPast = (time: string): boolean => Temporal.Instant.compare(time, now()) <= 0;

export function inZone(time: string, id = zone): Api.ZonedDateTime {
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

/** Returns whether a text is a timestamp. */
export function isTimestamp(text: string): boolean {
  try {
    return Boolean(Temporal.Instant.from(text));
  } catch {
    return false;
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

/** Returns whether the wall clock shows this time twice on its day, because the clock is set back. */
function isRepeated(time: Api.ZonedDateTime): boolean {
  const local = time.toPlainDateTime();
  const at = (disambiguation: "earlier" | "later") => local.toZonedDateTime(time.timeZoneId, { disambiguation }).epochMilliseconds;
  return at("earlier") !== at("later");
}

/** Formats a timestamp. A time that the wall clock shows twice gets its UTC offset. A date of another year gets the year. */
function formatIn(time: string, id: string, options: Intl.DateTimeFormatOptions): string {
  const local = inZone(time, id);
  const repeated = isRepeated(local) ? { timeZoneName: "shortOffset" as const } : {};
  const year = options.day && local.year !== today().year ? { year: "numeric" as const } : {};
  return format({ ...options, ...repeated, ...year, timeZone: id }).format(local.epochMilliseconds);
}

const noon = (date: PlainDate) => date.toZonedDateTime({ timeZone: "UTC", plainTime: "12:00" }).epochMilliseconds;
const CLOCK = { hour: "numeric", minute: "2-digit" } as const;

/** 14:30, or 2:30 PM. */
export const formatTime = (time: string, id = zone): string => formatIn(time, id, CLOCK);
/** Tue 14:30. */
export const formatWeekdayTime = (time: string, id = zone): string => formatIn(time, id, { weekday: "short", ...CLOCK });
/** Tue 8 Jan, 14:30. */
export const formatShortDateTime = (time: string, id = zone): string =>
  formatIn(time, id, { weekday: "short", day: "numeric", month: "short", ...CLOCK });
/** Tuesday, 8 January, 14:30. */
export const formatDateTime = (time: string, id = zone): string =>
  formatIn(time, id, { weekday: "long", day: "numeric", month: "long", ...CLOCK });
/** Tuesday, 8 January 2030. */
export const formatDate = (date: PlainDate): string => format({ dateStyle: "full", timeZone: "UTC" }).format(noon(date));
/** 8 January 2030. */
export const formatLongDate = (date: PlainDate): string => format({ dateStyle: "long", timeZone: "UTC" }).format(noon(date));
/** Tue 8 Jan, or Tue 8 Jan 2030 in another year. */
export const formatShortDate = (date: PlainDate): string => {
  const year = date.year === today().year ? {} : { year: "numeric" as const };
  return format({ weekday: "short", day: "numeric", month: "short", ...year, timeZone: "UTC" }).format(noon(date));
};
/** Today, Tomorrow, or Tue 8 Jan. */
export function formatNearDay(date: PlainDate): string {
  const { days } = today().until(date);
  if (days < 0 || days > 1) return formatShortDate(date);
  const [first = "", ...rest] = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  return first.toLocaleUpperCase(locale) + rest.join("");
}
/** The parts of a date for a narrow button: `{ weekday: "Tue", day: "8", month: "Jan" }`. */
export function dateParts(date: PlainDate): { weekday: string; day: string; month: string } {
  const part = (options: Intl.DateTimeFormatOptions) => format({ ...options, timeZone: "UTC" }).format(noon(date));
  return { weekday: part({ weekday: "short" }), day: part({ day: "numeric" }), month: part({ month: "short" }) };
}
/** Tuesday, for 2. Monday is 1 (ISO 8601). */
export const formatWeekday = (number: number): string =>
  format({ weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, number, 12));
/** 8 Jan 2030, 14:30:05. */
export const formatTimestamp = (time: string, id = zone): string =>
  format({ dateStyle: "medium", timeStyle: "medium", timeZone: id }).format(inZone(time, id).epochMilliseconds);
export const MINUTES_OF_DAY = 24 * 60;
/** Formats a minute of a day on the wall clock: 510 is 08:30. */
export const formatMinuteOfDay = (minute: number): string =>
  formatTime(Temporal.Instant.fromEpochMilliseconds(minute * 60_000).toString(), "UTC");
/** Returns whether the clinic and the user's device have different UTC offsets at a time. */
export const offsetsDiffer = (time: string): boolean =>
  inZone(time).offsetNanoseconds !== inZone(time, deviceZone()).offsetNanoseconds;
