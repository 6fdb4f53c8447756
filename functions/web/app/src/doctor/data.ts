// What a doctor's pages ask the API, and how a day is laid out.
import { all, answer, GET, POST, Refused, whole, type Schemas } from "../api/client";
import { dayOf, inZone, isPast, showTime, Temporal, type PlainDate } from "../time";

/** An appointment in the doctor's calendar: the API tells its doctor all of it. */
export type Booked = { [Member in keyof Schemas["BookedTime"]]: NonNullable<Schemas["BookedTime"][Member]> };
/** An appointment as it was read, with its version. */
export type Held = { appointment: Schemas["Appointment"]; etag: string };
export type Agenda = {
  days: PlainDate[];
  appointments: Booked[];
  hours: Schemas["WorkingHours"][];
  timeOff: Schemas["TimeOff"][];
};

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export async function agenda(doctor: number, days: PlainDate[]): Promise<Agenda> {
  const [hours, timeOff, ...appointments] = await Promise.all([
    workingHours(doctor),
    timesOff(doctor),
    ...days.map((day) => booked(doctor, day)),
  ]);
  return { days, appointments: appointments.flat(), hours, timeOff };
}

export function booked(doctor: number, day: PlainDate): Promise<Booked[]> {
  const path = { doctor_id: doctor };
  return all((after) =>
    GET("/doctors/{doctor_id}/slots", { params: { path, query: { date: day.toString(), limit: 100, after } } }),
  ) as Promise<Booked[]>;
}

export const workingHours = (doctor: number): Promise<Schemas["WorkingHours"][]> =>
  answer(GET("/doctors/{doctor_id}/working_hours", { params: { path: { doctor_id: doctor } } }));

export function timesOff(doctor: number): Promise<Schemas["TimeOff"][]> {
  const path = { doctor_id: doctor };
  return all((after) => GET("/doctors/{doctor_id}/time_off", { params: { path, query: { limit: 100, after } } }));
}

/** The times that an appointment can be moved to. */
export function timesFor(moving: number, doctor: number, days: PlainDate[]): Promise<Schemas["Slot"][]> {
  const query = { date: days[0]!.toString(), days: days.length, moving };
  return answer(GET("/doctors/{doctor_id}/availability", { params: { path: { doctor_id: doctor }, query } }));
}

export const hold = (id: number): Promise<Held> =>
  held(whole(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } })));

/** Moves an appointment that is still as it was held. */
export function reschedule({ appointment: { id }, etag }: Held, start: string): Promise<Held> {
  const params = { path: { appointment_id: id }, header: { "If-Match": etag } };
  return held(whole(POST("/appointments/{appointment_id}/reschedule", { params, body: { start_date: start } })));
}

async function held(call: Promise<{ data: Schemas["Appointment"]; response: Response }>): Promise<Held> {
  const { data, response } = await call;
  return { appointment: data, etag: response.headers.get("ETag")! };
}

/** Whether an appointment was changed by somebody else since it was read. */
export const isStale = (error: unknown): boolean => error instanceof Refused && error.kind === "appointment-changed";

export const isAhead = ({ status, start_date }: Pick<Booked, "status" | "start_date">): boolean =>
  status === "Booked" && !isPast(start_date);

export const hasStarted = ({ status, start_date }: Pick<Booked, "status" | "start_date">): boolean =>
  status !== "Cancelled" && isPast(start_date);

/** A stretch of a day, in minutes of its wall clock. */
export type Stretch = { from: number; to: number };

const DAY = 24 * 60;

/** The minute of a day's wall clock at a time, or the day's bound before or after which it is. */
export function minuteOf(time: string, day: PlainDate): number {
  const { days } = day.until(dayOf(time));
  const { hour, minute } = inZone(time);
  return days < 0 ? 0 : days > 0 ? DAY : hour * 60 + minute;
}

const minuteAt = (clock: string): number => {
  const [hours, minutes] = clock.split(":").map(Number);
  return hours! * 60 + minutes!;
};

/** 510 is 08:30, as the reader writes it. */
export const showMinute = (minute: number): string =>
  showTime(Temporal.Instant.fromEpochMilliseconds(minute * 60_000).toString(), "UTC");

export const hoursOn = ({ hours }: Agenda, day: PlainDate): Stretch[] =>
  hours
    .filter(({ weekday }) => weekday === WEEKDAYS[day.dayOfWeek - 1])
    .map(({ start, end }) => ({ from: minuteAt(start), to: minuteAt(end) }));

export const timeOffOn = ({ timeOff }: Agenda, day: PlainDate): (Stretch & Schemas["TimeOff"])[] =>
  timeOff
    .map((off) => ({ ...off, from: minuteOf(off.start_date, day), to: minuteOf(off.end_date, day) }))
    .filter(({ from, to }) => from < to);

/** The whole hours that all the work of some days is in. */
export function hoursShown(agenda: Agenda): Stretch {
  const stretches = agenda.days.flatMap((day) => hoursOn(agenda, day));
  for (const { start_date, duration } of agenda.appointments) {
    const from = minuteOf(start_date, dayOf(start_date));
    stretches.push({ from, to: from + duration });
  }
  if (stretches.length === 0) stretches.push({ from: 8 * 60, to: 18 * 60 });
  const from = Math.floor(Math.min(...stretches.map(({ from }) => from)) / 60) * 60;
  const to = Math.ceil(Math.max(...stretches.map(({ to }) => to)) / 60) * 60;
  return { from, to: Math.min(to, DAY) };
}
