// What a patient books: one of the clinic's appointment types, or, if the clinic has none for patients, an appointment of a
// length that they choose. This module imports no texts: see `data.ts`.
import { isOfferedBy, typesForPatients, type AppointmentType } from "../appointment-types";
import type { Clinic } from "../clinic";
import { hrefWith, idIn, type Query } from "../route";
import { DEFAULT_DURATION, durationOf } from "./durations";

/** `type`: the appointment type, which has the duration. */
export type Choice = { duration: number; type?: AppointmentType };

/** Returns what a request says about the length of the appointment. */
export const lengthOf = ({ type, duration }: Choice) => (type ? { type_id: type.id } : { duration });

/** Returns the types that a patient can book, optionally with one doctor. */
export const offered = (types: readonly AppointmentType[], doctor?: number): AppointmentType[] =>
  typesForPatients(types).filter((type) => doctor === undefined || isOfferedBy(type, doctor));

/** The type of an address's query, or the first one. */
function chosenType(query: Query, types: readonly AppointmentType[]): AppointmentType | undefined {
  const id = idIn(query["type"]);
  return types.find((type) => type.id === id) ?? types[0];
}

/** What an address's query chooses, before the clinic's lengths of appointments are known. */
export function firstChoice(query: Query, types: readonly AppointmentType[], doctor?: number): Choice {
  const type = chosenType(query, offered(types, doctor));
  return type ? { type, duration: type.duration } : { duration: Number(query["duration"]) || DEFAULT_DURATION };
}

/** What an address's query chooses, or the default. `types` are those that the patient can book. */
export function choiceOf(query: Query, clinic: Clinic, types: readonly AppointmentType[]): Choice {
  const type = chosenType(query, types);
  return type ? { type, duration: type.duration } : { duration: durationOf(query, clinic) };
}

/** Returns the query of an address: the appointment type, or the length in minutes if there is none. */
export const queryOf = (type_id: number | undefined, duration: number): Query =>
  type_id === undefined ? { duration: String(duration) } : { type: String(type_id) };

/** The address of a doctor's page, with a choice. `patient`: the id of a dependant. `time`: the start of a chosen slot. */
export function hrefToDoctor(doctor: number, { type, duration }: Choice, patient: number | undefined, time?: string): string {
  // A time is one of a certain length. Without a time, the page has the default length.
  const length = time || type ? queryOf(type?.id, duration) : {};
  return hrefWith(["doctors", doctor], { time: time ?? "", ...length, for: String(patient ?? "") });
}
