// A doctor's working hours, time off and free time on a day. Imports no texts, because requests start before they are loaded.
import { allPages, dataOf, GET, type Schemas } from "../api/client";
import type { Closure } from "../closures";
import { dayOf, inZone, isPast, MINUTES_OF_DAY, Temporal, today, toTimestamp, weekOf, type PlainDate } from "../time";
import type { Range } from "../ui/calendar";

export type Appointment = Schemas["Appointment"];
export type TimeOff = Schemas["TimeOff"];
/** When a doctor works, has time off, and the clinic is closed. */
export type DoctorTimes = {
  hours: Schemas["WorkingHours"][];
  /** The hours of single dates, in place of those of the weekday. */
  special: Schemas["SpecialHours"][];
  timeOff: TimeOff[];
  closures: Closure[];
};
/** What is different for each doctor. */
export type OwnTimes = Omit<DoctorTimes, "closures">;

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export const fetchWorkingHours = (doctor: number): Promise<Schemas["WorkingHours"][]> =>
  dataOf(GET("/doctors/{doctor_id}/working_hours", { params: { path: { doctor_id: doctor } } }));

export function fetchTimeOff(doctor: number): Promise<TimeOff[]> {
  const path = { doctor_id: doctor };
  return allPages((after) => GET("/doctors/{doctor_id}/time_off", { params: { path, query: { limit: 100, after } } }));
}

/** Loads the hours of single dates. Those of the day before may end after midnight. */
function fetchSpecialHours(doctor_id: number, from: PlainDate, to?: PlainDate): Promise<Schemas["SpecialHours"][]> {
  const query = { from: from.subtract({ days: 1 }).toString(), to: to?.toString(), limit: 100 };
  return allPages((after) =>
    GET("/doctors/{doctor_id}/special_hours", { params: { path: { doctor_id }, query: { ...query, after } } }));
}

/** Loads the times of a doctor from a day on. */
export async function fetchDoctorTimes(doctor: number, from: PlainDate, to?: PlainDate): Promise<OwnTimes> {
  const loads = [fetchWorkingHours(doctor), fetchSpecialHours(doctor, from, to), fetchTimeOff(doctor)] as const;
  const [hours, special, timeOff] = await Promise.all(loads);
  return { hours, special, timeOff };
}

/** Loads what the page of a doctor's settings shows. */
export async function fetchSettings(doctor: number): Promise<{ times: OwnTimes; profile: Schemas["Profile"] }> {
  const [times, profile] = await Promise.all([fetchDoctorTimes(doctor, today()), fetchProfile(doctor)]);
  return { times, profile };
}

/** Loads what the page of a doctor's time off shows. */
export async function fetchAbsences(doctor: number): Promise<{ profile: Schemas["Profile"]; timeOff: TimeOff[] }> {
  const [profile, timeOff] = await Promise.all([fetchProfile(doctor), fetchTimeOff(doctor)]);
  return { profile, timeOff };
}

const fetchProfile = (doctor: number): Promise<Schemas["Profile"]> =>
  dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id: doctor } } }));

export const isCancelled = ({ status }: Appointment): boolean => status === "Cancelled";
export const isAhead = ({ status, start_date }: Appointment): boolean => status === "Booked" && !isPast(start_date);
export const hasStarted = (appointment: Appointment): boolean => !isCancelled(appointment) && isPast(appointment.start_date);
/** Whether an appointment is still booked after its start, on its day: the desk can cancel one that was entered by mistake. */
export const canCancelLate = ({ status, start_date }: Appointment): boolean =>
  status === "Booked" && isPast(start_date) && dayOf(start_date).equals(today());
/** Whether the arrival of the patient can be noted: on the day of the appointment, until it is marked. */
export const canArrive = ({ status, start_date }: Appointment): boolean => status === "Booked" && dayOf(start_date).equals(today());
/** Whether a mark can be taken back: until the end of the day. */
export const canReopen = ({ status, start_date }: Appointment): boolean =>
  (status === "Done" || status === "NoShow") && dayOf(start_date).equals(today());

/** Returns the minute of a day at a time: 0 if the time is on an earlier day, 1440 if it is on a later one. */
export function minuteOf(time: string, day: PlainDate): number {
  const { days } = day.until(dayOf(time));
  const { hour, minute } = inZone(time);
  return days < 0 ? 0 : days > 0 ? MINUTES_OF_DAY : hour * 60 + minute;
}

export const endOf = ({ start_date, duration }: Schemas["Slot"]): string =>
  Temporal.Instant.from(start_date).add({ minutes: duration }).toString();

/** Whether an appointment ends on a later day. An end at midnight is on the day of the start. */
export function isOverMidnight(slot: Schemas["Slot"]): boolean {
  const { hour, minute } = inZone(endOf(slot));
  return hour + minute > 0 && !dayOf(endOf(slot)).equals(dayOf(slot.start_date));
}

/**
 * The range of an appointment on the wall clock of a day. Over a clock change, the wall clock moves on by more or less than
 * the duration: the range is then the longer of the two, so that it shows no taken time as free.
 */
export function rangeOn(slot: Schemas["Slot"], day: PlainDate): Range {
  const from = minuteOf(slot.start_date, day);
  const end = minuteOf(endOf(slot), day);
  const isStart = dayOf(slot.start_date).equals(day);
  return { from, to: isStart ? Math.min(Math.max(from + slot.duration, end), MINUTES_OF_DAY) : end };
}

/** The appointments that take time of a day. One over midnight takes time of two days. */
export const appointmentsOn = (appointments: readonly Appointment[], day: PlainDate): Appointment[] =>
  appointments.filter((appointment) => {
    const { from, to } = rangeOn(appointment, day);
    return from < to && (dayOf(appointment.start_date).equals(day) || !isCancelled(appointment));
  });

/** How long before a day an appointment that ends on the day starts at most, in hours. */
const LONGEST = 4;
/** The start of the appointments of a day for the API, which filters by start. */
export const earliestStart = (day: PlainDate): string => toTimestamp(day.subtract({ days: 1 }), `${24 - LONGEST}:00`);

const minuteAt = (clock: string): number => {
  const [hours, minutes] = clock.split(":").map(Number);
  return hours! * 60 + minutes!;
};

/** A range that ends on the next day ends after minute 1440. */
export function toRange({ start, end }: Pick<Schemas["WorkingHours"], "start" | "end">): Range {
  const [from, to] = [minuteAt(start), minuteAt(end)];
  return { from, to: to > from ? to : to + MINUTES_OF_DAY };
}

const DAY: Range = { from: 0, to: MINUTES_OF_DAY };
const before = ({ from, to }: Range): Range => ({ from: from - MINUTES_OF_DAY, to: to - MINUTES_OF_DAY });

/**
 * The working hours of a day. Hours of a date replace those of its weekday, also what these have after midnight. What they
 * have after midnight themselves is in addition to the hours of the next day.
 */
export function workingHoursOn({ hours, special }: Pick<DoctorTimes, "hours" | "special">, day: PlainDate): Range[] {
  const ofWeekday = (number: number) => hours.filter(({ weekday }) => weekday === WEEKDAYS[number % 7]).map(toRange);
  const ofDate = (day: PlainDate) => special.find(({ date }) => date === day.toString())?.hours.map(toRange);
  const usual = () => [...ofWeekday(day.dayOfWeek - 1), ...ofWeekday(day.dayOfWeek + 5).map(before)];
  const ranges = [...(ofDate(day) ?? usual()), ...(ofDate(day.subtract({ days: 1 })) ?? []).map(before)];
  // What is not outside of them: in order, clipped to the day, and those that touch as one.
  return without([DAY], without([DAY], ranges));
}

/** The working hours of a week, for the hours that a calendar shows. */
export const allWorkingHours = ({ hours }: DoctorTimes): Range[] =>
  weekOf(today()).flatMap((day) => workingHoursOn({ hours, special: [] }, day));

/** The parts of a day that times off or closures take. */
const partsOn = <Off extends TimeOff | Closure>(offs: readonly Off[], day: PlainDate): (Range & Off)[] =>
  offs
    .map((off) => ({ ...off, from: minuteOf(off.start_date, day), to: minuteOf(off.end_date, day) }))
    .filter(({ from, to }) => from < to);

/** The parts of a day in which the doctor has time off, or the clinic is closed. */
export const timeOffOn = ({ timeOff, closures }: DoctorTimes, day: PlainDate): (Range & (TimeOff | Closure))[] =>
  partsOn([...closures, ...timeOff], day);

/** Returns the parts of ranges that are in none of `taken`. */
const without = (ranges: readonly Range[], taken: readonly Range[]): Range[] =>
  taken.reduce<Range[]>(
    (left, hole) =>
      left
        .flatMap(({ from, to }) => [{ from, to: Math.min(to, hole.from) }, { from: Math.max(from, hole.to), to }])
        .filter(({ from, to }) => from < to),
    [...ranges],
  );

/**
 * The working hours of a day without those in which the clinic is closed. If nothing is left of them, or of a day without
 * working hours, `closures` are why.
 */
export function openHoursOn(times: DoctorTimes, day: PlainDate): { hours: Range[]; closures: Closure[] } {
  const [working, closures] = [workingHoursOn(times, day), partsOn(times.closures, day)];
  const isClosed = without(working.length > 0 ? working : [DAY], closures).length === 0;
  return { hours: without(working, closures), closures: isClosed ? closures : [] };
}

/**
 * Returns what is free of a day from `now` on, without gaps that are shorter than `shortest`: the working hours without the
 * time off and the appointments.
 */
export function gapsOn(times: DoctorTimes, day: PlainDate, { appointments, now, shortest }: {
  appointments: readonly Appointment[];
  now: string;
  shortest: number;
}): Range[] {
  const booked = appointments.filter((one) => !isCancelled(one)).map((one) => rangeOn(one, day));
  const taken = [{ from: 0, to: minuteOf(now, day) }, ...timeOffOn(times, day), ...booked];
  return without(workingHoursOn(times, day), taken).filter(({ from, to }) => to - from >= shortest);
}
