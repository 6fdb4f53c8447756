import type { Closure } from "../closures";
import { locale, t } from "../language";
import { s } from "../language/staff";
import { deviceZone, formatMinuteOfDay, formatTime, MINUTES_OF_DAY, offsetsDiffer, type PlainDate } from "../time";
import { STATUS_TONES } from "../ui/badge";
import { scaleOf, type CalendarItem, type Range } from "../ui/calendar";
import { Icon } from "../ui/icon";
import {
  appointmentsOn, endOf, gapsOn, isCancelled, isOverMidnight, minuteOf, openHoursOn, rangeOn, timeOffOn,
  type Appointment, type DoctorTimes, type TimeOff,
} from "./agenda";
import { StaffStatus } from "./arrival";
import { lengthText } from "./length";

/** A cancelled appointment is one line, however long it was. In minutes. */
const CANCELLED_LENGTH = 15;

type Options = {
  /** The appointments of the day. */
  appointments: readonly Appointment[];
  times: DoctorTimes;
  day: PlainDate;
  now: string;
  /** The shortest gap that is of use, in minutes. */
  shortest: number;
  /** Whether to show what is free. */
  withGaps: boolean;
  scale: Range;
  /** The address of an appointment. */
  hrefOf: (appointment: Appointment) => string;
  onOpen: (appointment: Appointment) => void;
  /** More about an appointment's item. */
  more?: (appointment: Appointment) => Partial<CalendarItem>;
};

/** Returns the items of a doctor's day, by time: appointments, time off, and what is free. */
export function itemsOf(options: Options): CalendarItem[] {
  const { appointments, times, day, now, shortest, withGaps, scale } = options;
  const items = appointments.map((appointment) => appointmentItem(appointment, options));
  const off = timeOffOn(times, day).filter(({ from, to }) => from < scale.to && to > scale.from).map(timeOffItem);
  const gaps = withGaps ? gapsOn(times, day, { appointments, now, shortest }) : [];
  const cancelled = items.filter(({ kind }) => kind === "cancelled");
  // The text of a gap is at its end, if a cancelled appointment is at its start.
  const isTextAtEnd = ({ from }: Range) => cancelled.some((item) => item.from < from + CANCELLED_LENGTH && item.to > from);
  const free = gaps.map((gap, index) => gapItem(gap, index, isTextAtEnd(gap)));
  return [...off, ...free, ...items].toSorted((one, other) => one.from - other.from);
}

/** The start of an appointment, and its end too if that is on the next day: the calendar does not show its whole length then. */
const timesText = (appointment: Appointment): string => {
  const start = formatTime(appointment.start_date);
  return isOverMidnight(appointment) ? s.doctor.calendar.range(start, formatTime(endOf(appointment))) : start;
};

function appointmentItem(appointment: Appointment, { day, now, hrefOf, onOpen, more }: Options): CalendarItem {
  const { id, start_date, duration, patient_name, patient_phone, note, status, confirmed_at, arrived_at } = appointment;
  const { from, to } = rangeOn(appointment, day);
  const isOff = isCancelled(appointment);
  return {
    key: `appointment-${id}`, kind: isOff ? "cancelled" : "appointment", from,
    to: isOff ? Math.min(to, from + CANCELLED_LENGTH) : to,
    tone: STATUS_TONES[status], href: hrefOf(appointment), onOpen: () => onOpen(appointment), ...more?.(appointment),
    children: (
      <>
        <time class="time" dateTime={start_date}>{timesText(appointment)}</time>
        <bdi class="name">{patient_name}</bdi>
        <small>{t.ui.minutes(duration)}</small>
        {patient_phone && <small><bdi dir="ltr">{patient_phone}</bdi></small>}
        {note && <small class="note" dir="auto">{note}</small>}
        {status === "Booked" && confirmed_at && <Icon name="check" />}
        {status === "Booked" && !arrived_at ? <span class="hidden">{t.status[status]}</span> : (
          <StaffStatus appointment={appointment} now={now} />
        )}
        {offsetsDiffer(start_date) && <small>{t.ui.yourTime(formatTime(start_date, deviceZone()))}</small>}
      </>
    ),
  };
}

/** A range as text. The end of the day is not 00:00, which would be its start. */
export function rangeText({ from, to }: Range): string {
  const texts = s.doctor.calendar;
  if (from === 0 && to === MINUTES_OF_DAY) return texts.allDay;
  return texts.range(formatMinuteOfDay(from), to === MINUTES_OF_DAY ? texts.midnight : formatMinuteOfDay(to));
}

/** The part of a day in which a doctor has time off, which may go on before and after the day. */
function offText({ from, to }: Range): string {
  const texts = s.doctor.calendar;
  if (from === 0 && to < MINUTES_OF_DAY) return texts.until(formatMinuteOfDay(to));
  return from > 0 && to === MINUTES_OF_DAY ? texts.from(formatMinuteOfDay(from)) : rangeText({ from, to });
}

function timeOffItem({ from, to, ...off }: Range & (TimeOff | Closure)): CalendarItem {
  const texts = s.doctor.calendar;
  const isClosure = "name" in off;
  const text = isClosure ? t.slots.closed(off.name) : off.reason ? texts.timeOffFor(off.reason) : texts.timeOff;
  return {
    key: `${isClosure ? "closure" : "off"}-${off.id}`, kind: "off", from, to,
    children: (
      <>
        <span class="name"><bdi>{text}</bdi></span> <small>{offText({ from, to })}</small>
      </>
    ),
  };
}

const gapItem = (gap: Range, index: number, isTextAtEnd: boolean): CalendarItem => ({
  key: `free-${index}`, kind: "free", ...gap, isTextAtEnd,
  children: (
    <>
      <span class="time">{rangeText(gap)}</span> <span class="name">{s.doctor.calendar.free(lengthText(gap.to - gap.from))}</span>
    </>
  ),
});

const list = new Intl.ListFormat(locale);

/** Hours of a day, as text. */
export const hoursText = (hours: readonly Range[]): string =>
  hours.length === 0 ? s.doctor.calendar.closed : s.doctor.calendar.works(list.format(hours.map(rangeText)));

/** Why the clinic is closed on a day, as text. Undefined if it is open in some of the doctor's hours. */
export function closedText(times: DoctorTimes, day: PlainDate): string | undefined {
  const { closures } = openHoursOn(times, day);
  return closures.length > 0 ? t.slots.closed(list.format(closures.map(({ name }) => name))) : undefined;
}

/** The hours that a calendar of some days shows: all working hours, and appointments outside these. */
export function calendarScale(working: readonly Range[], appointments: readonly Appointment[], days: readonly PlainDate[]): Range {
  const taken = days.flatMap((day) => appointmentsOn(appointments, day).map((one) => rangeOn(one, day)));
  return scaleOf([...working, ...taken]);
}

/** The present minute of a day, if the day is the present one. */
export function presentMinute(now: string, day: PlainDate): number | undefined {
  const minute = minuteOf(now, day);
  return minute > 0 && minute < MINUTES_OF_DAY ? minute : undefined;
}
