// The requests of bookings. This module imports no texts, so that requests can start before the texts are loaded.
import { dataOf, GET, type Schemas } from "../api/client";
import { fetchClosures, type Closure } from "../closures";
import { today, type PlainDate } from "../time";

export type Slot = Schemas["Slot"];

/** How many days the picker shows at once. */
export const DAYS_SHOWN = 14;
/** The most days that the API searches in one request. */
const MOST_DAYS = 31;

export type SlotQuery = {
  doctor: number;
  /** In minutes. */
  duration?: number | undefined;
  /** The id of an appointment type, in place of a duration. */
  type_id?: number | undefined;
  /** The patient, if it is a dependant: the slots are then those at which this patient has no other appointment. */
  patient_id?: number | undefined;
  /** The id of the appointment that is rescheduled: its own time then counts as free. */
  moving?: number | undefined;
};

/** Returns a doctor's slots on some days. */
export function fetchSlots({ doctor, duration, type_id, patient_id, moving }: SlotQuery, from: PlainDate, days = DAYS_SHOWN): Promise<Slot[]> {
  const query = { date: from.toString(), days, duration, type_id, patient_id, moving };
  return dataOf(GET("/doctors/{doctor_id}/availability", { params: { path: { doctor_id: doctor }, query } }));
}

/** Returns a doctor's slots on some days, and when the clinic is closed. */
export async function fetchDays(query: SlotQuery, from: PlainDate): Promise<{ slots: Slot[]; closures: Closure[] }> {
  const [slots, closures] = await Promise.all([fetchSlots(query, from), fetchClosures()]);
  return { slots, closures };
}

/** Returns a doctor's first slot on or after a day, or undefined if there is none in a month. */
export const fetchFirstSlot = async (query: SlotQuery, from: PlainDate = today()): Promise<Slot | undefined> =>
  (await fetchSlots(query, from, MOST_DAYS))[0];
