// The API requests of a doctor's pages, and the layout of a calendar day.
import { allPages, dataOf, GET, POST, ApiError, resultOf, type Schemas } from "../api/client";
import { dayOf, inZone, isPast, formatTime, Temporal, type PlainDate } from "../time";

/** An appointment in the doctor's own calendar. For its doctor, the API returns all members, so none is null. */
export type CalendarAppointment = { [Member in keyof Schemas["BookedTime"]]: NonNullable<Schemas["BookedTime"][Member]> };
/** An appointment with the ETag of the response. A change sends it as If-Match. */
export type VersionedAppointment = { appointment: Schemas["Appointment"]; etag: string };
export type Agenda = {
  days: PlainDate[];
  appointments: CalendarAppointment[];
  hours: Schemas["WorkingHours"][];
  timeOff: Schemas["TimeOff"][];
};

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export async function fetchAgenda(doctor: number, days: PlainDate[]): Promise<Agenda> {
  const [hours, timeOff, ...appointments] = await Promise.all([
    fetchWorkingHours(doctor),
    fetchTimeOff(doctor),
    ...days.map((day) => fetchAppointments(doctor, day)),
  ]);
  return { days, appointments: appointments.flat(), hours, timeOff };
}

export function fetchAppointments(doctor: number, day: PlainDate): Promise<CalendarAppointment[]> {
  const path = { doctor_id: doctor };
  return allPages((after) =>
    GET("/doctors/{doctor_id}/slots", { params: { path, query: { date: day.toString(), limit: 100, after } } }),
  ) as Promise<CalendarAppointment[]>;
}

export const fetchWorkingHours = (doctor: number): Promise<Schemas["WorkingHours"][]> =>
  dataOf(GET("/doctors/{doctor_id}/working_hours", { params: { path: { doctor_id: doctor } } }));

export function fetchTimeOff(doctor: number): Promise<Schemas["TimeOff"][]> {
  const path = { doctor_id: doctor };
  return allPages((after) => GET("/doctors/{doctor_id}/time_off", { params: { path, query: { limit: 100, after } } }));
}

/** Returns the slots to which an appointment can be rescheduled. Its own time counts as free. */
export function fetchSlotsFor(moving: number, doctor: number, days: PlainDate[]): Promise<Schemas["Slot"][]> {
  const query = { date: days[0]!.toString(), days: days.length, moving };
  return dataOf(GET("/doctors/{doctor_id}/availability", { params: { path: { doctor_id: doctor }, query } }));
}

export const fetchVersioned = (id: number): Promise<VersionedAppointment> =>
  withVersion(resultOf(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } })));

/** Reschedules an appointment, unless it has changed since this version was read. */
export function reschedule({ appointment: { id }, etag }: VersionedAppointment, start: string): Promise<VersionedAppointment> {
  const params = { path: { appointment_id: id }, header: { "If-Match": etag } };
  return withVersion(resultOf(POST("/appointments/{appointment_id}/reschedule", { params, body: { start_date: start } })));
}

async function withVersion(call: Promise<{ data: Schemas["Appointment"]; response: Response }>): Promise<VersionedAppointment> {
  const { data, response } = await call;
  return { appointment: data, etag: response.headers.get("ETag")! };
}

/** Returns whether a change was refused because another user has changed the appointment since it was read. */
export const isStale = (error: unknown): boolean => error instanceof ApiError && error.kind === "appointment-changed";

export const isAhead = ({ status, start_date }: Pick<CalendarAppointment, "status" | "start_date">): boolean =>
  status === "Booked" && !isPast(start_date);

export const hasStarted = ({ status, start_date }: Pick<CalendarAppointment, "status" | "start_date">): boolean =>
  status !== "Cancelled" && isPast(start_date);

/** A time range of a day, in minutes since midnight on the wall clock. */
export type TimeRange = { from: number; to: number };

const DAY = 24 * 60;

/** Returns the minute of a day at a time: 0 if the time is on an earlier day, 1440 if it is on a later one. */
export function minuteOf(time: string, day: PlainDate): number {
  const { days } = day.until(dayOf(time));
  const { hour, minute } = inZone(time);
  return days < 0 ? 0 : days > 0 ? DAY : hour * 60 + minute;
}

const minuteAt = (clock: string): number => {
  const [hours, minutes] = clock.split(":").map(Number);
  return hours! * 60 + minutes!;
};

/** Formats a minute of a day in the user's locale: 510 is 08:30. */
export const formatMinuteOfDay = (minute: number): string =>
  formatTime(Temporal.Instant.fromEpochMilliseconds(minute * 60_000).toString(), "UTC");

export const workingHoursOn = ({ hours }: Agenda, day: PlainDate): TimeRange[] =>
  hours
    .filter(({ weekday }) => weekday === WEEKDAYS[day.dayOfWeek - 1])
    .map(({ start, end }) => ({ from: minuteAt(start), to: minuteAt(end) }));

export const timeOffOn = ({ timeOff }: Agenda, day: PlainDate): (TimeRange & Schemas["TimeOff"])[] =>
  timeOff
    .map((off) => ({ ...off, from: minuteOf(off.start_date, day), to: minuteOf(off.end_date, day) }))
    .filter(({ from, to }) => from < to);

/** Returns the range that the calendar shows, in whole hours: it includes all working hours and appointments. */
export function shownRange(agenda: Agenda): TimeRange {
  const ranges = agenda.days.flatMap((day) => workingHoursOn(agenda, day));
  for (const { start_date, duration } of agenda.appointments) {
    const from = minuteOf(start_date, dayOf(start_date));
    ranges.push({ from, to: from + duration });
  }
  if (ranges.length === 0) ranges.push({ from: 8 * 60, to: 18 * 60 });
  const from = Math.floor(Math.min(...ranges.map(({ from }) => from)) / 60) * 60;
  const to = Math.ceil(Math.max(...ranges.map(({ to }) => to)) / 60) * 60;
  return { from, to: Math.min(to, DAY) };
}
