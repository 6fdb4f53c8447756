// The first requests of the clinic's day. Imports no texts, because requests start before the texts are loaded.
import { allPages, GET } from "../api/client";
import { fetchClosures, type Closure } from "../closures";
import type { Route } from "../route";
import { appointmentsOn, earliestStart, fetchDoctorTimes, isCancelled, type Appointment, type OwnTimes } from "../staff/agenda";
import { dayOf, parseDate, Temporal, today, type PlainDate } from "../time";

/** A doctor on a day. `free` is the bookable time in minutes, or undefined if there is none. */
export type DoctorDay = {
  id: number;
  name: string;
  specialty: string | null;
  /** Whether the doctor can be booked. Others are here because of appointments that they still have. */
  isActive: boolean;
  appointments: Appointment[];
  count: number;
  minutes: number;
  free: number | undefined;
};
export type ClinicDay = { date: string; doctors: DoctorDay[]; closures: Closure[] };

/** The date of a route like `#/day/2030-01-08`, today if it has none, or undefined if it is not a date. */
export const dateOf = ({ path: [, date] }: Route): PlainDate | undefined => (date === undefined ? today() : parseDate(date));

/** Loads the day of all active doctors, and of other doctors who have appointments on it, by name. */
export async function fetchDay(date: string): Promise<ClinicDay> {
  const day = Temporal.PlainDate.from(date);
  const [doctors, near, open, closures] = await Promise.all([
    allPages((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
    allPages((after) => GET("/appointments", { params: { query: { from: earliestStart(day), to: date, limit: 100, after } } })),
    allPages((after) => GET("/doctors/available", { params: { query: { date, limit: 100, after } } })),
    fetchClosures(),
  ]);
  const free = new Map(open.map((doctor) => [doctor.doctor_id, doctor.free_mins]));
  const byDoctor = new Map<number, Appointment[]>();
  for (const one of appointmentsOn(near, day)) byDoctor.set(one.doctor_id, [...(byDoctor.get(one.doctor_id) ?? []), one]);
  const active = new Set(doctors.map(({ id }) => id));
  const gone = [...byDoctor].filter(([id]) => !active.has(id));
  const others = gone.map(([id, [first]]) => ({ id, name: first!.doctor_name, specialty: null }));
  const days = [...doctors, ...others].map(({ id, name, specialty }) => {
    const all = byDoctor.get(id) ?? [];
    const taken = all.filter((one) => !isCancelled(one) && dayOf(one.start_date).equals(day));
    const minutes = taken.reduce((sum, { duration }) => sum + duration, 0);
    return { id, name, specialty, isActive: active.has(id), appointments: all, count: taken.length, minutes, free: free.get(id) };
  });
  return { date, closures, doctors: days.sort((one, other) => one.name.localeCompare(other.name)) };
}

/** The times of doctors. A key has what was free when they were loaded: if that changes, they may have changed too. */
export type LoadedTimes = Map<string, Promise<OwnTimes>>;

/** Loads the working hours and time off of doctors. Sends no request for those that are in `loaded`. */
export async function fetchTimesOf(
  { date }: ClinicDay, doctors: readonly DoctorDay[], loaded: LoadedTimes,
): Promise<Map<number, OwnTimes>> {
  const day = Temporal.PlainDate.from(date);
  const entries = doctors.map(async ({ id, free, isActive }) => {
    if (!isActive) return [id, NO_TIMES] as const;
    const key = `${id} ${date} ${free}`;
    const times = loaded.get(key) ?? fetchDoctorTimes(id, day, day);
    loaded.set(key, times);
    times.catch(() => loaded.delete(key));
    return [id, await times] as const;
  });
  return new Map(await Promise.all(entries));
}

/** The API has no times of a doctor who cannot be booked. */
export const NO_TIMES: OwnTimes = { hours: [], special: [], timeOff: [] };

/** The first requests of a page. */
export async function startDay(route: Route): Promise<void> {
  const day = dateOf(route);
  if (day) await fetchDay(day.toString());
}
