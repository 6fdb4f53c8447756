// The clinic's data, which every page needs. They are loaded once, and again when an Admin changes them.
import { dataOf, GET, type Schemas } from "./api/client";
import { storeOf } from "./store";
import { setClinicZone } from "./time";

export type Clinic = Schemas["Clinic"];

async function load(): Promise<Clinic> {
  const clinic = await dataOf(GET("/clinic"));
  setClinicZone(clinic.time_zone);
  return clinic;
}

const store = storeOf(load);

/** Stores the clinic's data after a change. */
export function setClinic(clinic: Clinic): void {
  setClinicZone(clinic.time_zone);
  store.set(clinic);
}

/** Returns the clinic's data. */
export const fetchClinic = store.fetch;
/** Loads the clinic's data again: what the page shows may be outdated. */
export const reloadClinic = async (): Promise<void> => store.set(await load());
/** The clinic's data, if they are loaded. */
export const loadedClinic = store.current;
/** The clinic's data, or undefined while they are loading. */
export const useLoadedClinic = store.use;
/** The clinic's data. Only for pages: the app shows them when the clinic is loaded. */
export const useClinic = (): Clinic => useLoadedClinic()!;
