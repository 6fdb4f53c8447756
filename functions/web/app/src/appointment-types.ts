// The clinic's appointment types. They are loaded once, and again when an Admin changes them. This module imports no texts,
// because requests start before the texts are loaded.
import { dataOf, GET, type Schemas } from "./api/client";
import { storeOf } from "./store";

export type AppointmentType = Schemas["AppointmentType"];

const load = (): Promise<AppointmentType[]> => dataOf(GET("/appointment_types"));
const store = storeOf(load);

/** Returns all types, by id. */
export const fetchTypes = store.fetch;
/** Stores the types after a change. */
export const setTypes = store.set;
/** Loads the types again: what the page shows may be outdated. */
export const reloadTypes = async (): Promise<void> => store.set(await load());
/** All types, or undefined while they are loading. */
export const useTypes = store.use;

/** Returns whether a doctor offers a type. */
export const isOfferedBy = ({ doctors }: AppointmentType, doctor: number): boolean =>
  doctors === null || doctors.includes(doctor);

/** Returns the types that patients can book. */
export const typesForPatients = (types: readonly AppointmentType[]): AppointmentType[] =>
  types.filter(({ active, bookable_by }) => active && bookable_by === "Anyone");
