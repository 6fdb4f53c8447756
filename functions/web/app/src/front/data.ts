// The requests of the pages that need no account. This module imports no texts, so that requests can start before the texts
// are loaded.
import { allPages, dataOf, GET, isStarting, type Schemas } from "../api/client";
import { fetchSlots } from "../booking/data";
import { fetchClinic, type Clinic } from "../clinic";
import { hrefWith, type Route } from "../route";
import { thisMinute, today } from "../time";
import type { FetchPage } from "../ui/list";
import { defaultDuration, durationOf } from "./durations";

export type Doctor = Schemas["Doctor"];
export type DoctorSlot = Schemas["DoctorSlot"];

/** How many days ahead the start page looks for times. The API searches no more at once. */
const DAYS_AHEAD = 31;
/** How many times of each doctor the start page shows. */
const TIMES_SHOWN = 3;
/** The largest page of the API's lists. */
const PAGE_SIZE = 100;

/** Returns all doctors, because the start page shows them in another order than the API. */
export const fetchDoctors = (): Promise<Doctor[]> => allPages((after) => GET("/doctors", { params: { query: { limit: PAGE_SIZE, after } } }));

/** The first slots of each doctor, soonest first, optionally of one specialty. */
export const firstSlots = (duration: number, specialty?: string): FetchPage<DoctorSlot> => (after) => {
  const query = { date: today().toString(), days: DAYS_AHEAD, duration, specialty, per_doctor: TIMES_SHOWN, limit: PAGE_SIZE, after };
  return GET("/availability", { params: { query } });
};

export const fetchProfile = (doctor_id: number): Promise<Schemas["Profile"]> =>
  dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id } } }));

/** Returns the next appointment of the signed-in Patient, or null if there is none. */
export async function fetchNext(): Promise<Schemas["Appointment"] | null> {
  const query = { from: thisMinute(), status: "Booked", limit: 1 } as const;
  const [next] = await dataOf(GET("/appointments", { params: { query } }));
  return next ?? null;
}

/** Returns the id of a part of an address, if it is one. */
export const idOf = (part: string | undefined): number | undefined => (/^[1-9]\d{0,14}$/.test(part ?? "") ? Number(part) : undefined);

/** The address of a doctor's page, on which a time is chosen. */
export const hrefToSlot = ({ doctor_id, start_date, duration }: DoctorSlot): string =>
  hrefWith(["doctors", doctor_id], { time: start_date, duration: String(duration) });

/**
 * Sends the first requests of a page. Those of slots need the clinic's time zone and lengths of appointments. If the clinic's
 * data come after the page is shown, the page sends them.
 */
export async function startFront({ path: [page, part], query }: Route): Promise<unknown> {
  const id = idOf(part);
  const withClinic = async (send: (clinic: Clinic) => Promise<unknown>) => {
    const clinic = await fetchClinic();
    return isStarting() && send(clinic);
  };
  if (page === "doctors" && id !== undefined) {
    const slots = withClinic((clinic) => fetchSlots({ doctor: id, duration: durationOf(query, clinic) }, today()));
    return Promise.all([fetchProfile(id), slots]);
  }
  const slots = withClinic((clinic) => firstSlots(defaultDuration(clinic), query["specialty"] || undefined)());
  return Promise.all([fetchDoctors(), slots]);
}
