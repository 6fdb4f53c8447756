// The requests of the pages that need no account. This module imports no texts, so that requests can start before the texts
// are loaded.
import { allPages, dataOf, GET, type Schemas } from "../api/client";
import { fetchTypes } from "../appointment-types";
import { fetchDays } from "../booking/data";
import { idIn, type Route } from "../route";
import { isPast, today } from "../time";
import type { FetchPage } from "../ui/list";
import { firstChoice, lengthOf, type Choice } from "./choice";

export type Doctor = Schemas["Doctor"];
export type DoctorSlot = Schemas["DoctorSlot"];

/** How many days ahead the start page looks for times. The API searches no more at once. */
const DAYS_AHEAD = 31;
/** How many times of each doctor the start page shows. */
const TIMES_SHOWN = 3;
/** More appointments than a patient has on a day. */
const MOST_A_DAY = 20;
/** The largest page of the API's lists. */
const PAGE_SIZE = 100;

/** Returns all doctors, because the start page shows them in another order than the API. */
export const fetchDoctors = (): Promise<Doctor[]> =>
  allPages((after) => GET("/doctors", { params: { query: { limit: PAGE_SIZE, after } } }));

/** The first slots of each doctor, soonest first, optionally of one specialty, and for a dependant. */
export const firstSlots = (choice: Choice, specialty?: string, patient_id?: number): FetchPage<DoctorSlot> => (after) => {
  const days = { date: today().toString(), days: DAYS_AHEAD };
  const query = { ...days, ...lengthOf(choice), specialty, patient_id, per_doctor: TIMES_SHOWN, limit: PAGE_SIZE, after };
  return GET("/availability", { params: { query } });
};

export const fetchProfile = (doctor_id: number): Promise<Schemas["Profile"]> =>
  dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id } } }));

/** Returns the next appointment of the signed-in Patient, or null if there is none. */
export async function fetchNext(): Promise<Schemas["Appointment"] | null> {
  // From today on, and not from now on: a page that asks again gets the same address, and an answer without a body.
  const query = { from: today().toString(), status: "Booked", limit: MOST_A_DAY } as const;
  const appointments = await dataOf(GET("/appointments", { params: { query } }));
  return appointments.find(({ start_date }) => !isPast(start_date)) ?? null;
}

/**
 * Sends the first requests of a page, all at once. The clinic's time zone and lengths of appointments are not known yet: if
 * they are not those of most clinics, the page sends a request for slots again. The browser has loaded the appointment types
 * already (see `vite.config.ts`).
 */
export async function startFront({ path: [page, part], query }: Route): Promise<void> {
  const id = idIn(part);
  const patient = idIn(query["for"]);
  const isDoctor = page === "doctors" && id !== undefined;
  const slots = async () => {
    const choice = firstChoice(query, await fetchTypes(), isDoctor ? id : undefined);
    if (!isDoctor) await firstSlots(choice, query["specialty"] || undefined, patient)();
    else await fetchDays({ doctor: id, ...lengthOf(choice), patient_id: patient }, today());
  };
  await Promise.all([isDoctor ? fetchProfile(id) : fetchDoctors(), slots()]);
}
