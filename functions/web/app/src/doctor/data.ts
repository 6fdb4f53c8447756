// The first requests of a doctor's pages. Imports no texts, because requests start before the texts are loaded.
import { allPages, GET } from "../api/client";
import { fetchClosures } from "../closures";
import { idIn, type Route } from "../route";
import { earliestStart, fetchDoctorTimes, fetchSettings, type Appointment, type DoctorTimes } from "../staff/agenda";
import { parseDate, today, weekOf, type PlainDate } from "../time";
import type { Period } from "../ui/date-picker";

export type Agenda = { days: PlainDate[]; appointments: Appointment[]; times: DoctorTimes };

/** `linked` is the id of an appointment that opens at once. */
export type Shown = { period: Period; day: PlainDate; linked: number | undefined };

/** What a route of the calendar shows, or undefined if it is another page. */
export function calendarOf({ path: [page = "", date, id] }: Route): Shown | undefined {
  const day = date === undefined ? today() : parseDate(date);
  if (!["", "day", "week"].includes(page) || !day) return undefined;
  return { period: page === "week" ? "week" : "day", day, linked: idIn(id) };
}

export const daysOf = (period: Period, day: PlainDate): PlainDate[] => (period === "week" ? weekOf(day) : [day]);

/** Loads the doctor's appointments of some days that follow each other, and the doctor's times. */
export async function fetchAgenda(doctor: number, days: PlainDate[]): Promise<Agenda> {
  const query = { from: earliestStart(days[0]!), to: days.at(-1)!.toString(), limit: 100 };
  const [appointments, times, closures] = await Promise.all([
    allPages((after) => GET("/appointments", { params: { query: { ...query, after } } })),
    fetchDoctorTimes(doctor, days[0]!, days.at(-1)),
    fetchClosures(),
  ]);
  return { days, appointments, times: { ...times, closures } };
}

/** The first requests of a page. */
export function startDoctor(route: Route, doctor: number): Promise<unknown> {
  const shown = calendarOf(route);
  if (shown) return fetchAgenda(doctor, daysOf(shown.period, shown.day));
  return route.path[0] === "hours" ? fetchSettings(doctor) : Promise.resolve();
}
