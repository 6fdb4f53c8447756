// The patients whom a Patient's account can book for. They are loaded once for each session. This module imports no texts,
// because requests start before the texts are loaded.
import { dataOf, GET, type Schemas } from "./api/client";
import * as session from "./session";
import { storeOf } from "./store";

export type Patient = Schemas["Patient"];

const store = storeOf<Patient[]>(() => dataOf(GET("/me/patients")));

session.onChange(({ account }) => {
  if (account === undefined || account !== store.current()?.[0]?.id.toString()) store.set(undefined);
});

/** Returns the account's own patient, then its dependants by id. */
export const fetchFamily = store.fetch;
/** Stores the family after a change. */
export const setFamily = store.set;
/** The family, or undefined while it is loading. */
export const useFamily = store.use;

/** Returns the dependants of a family, which begins with the account's own patient. */
export const dependantsOf = (family: readonly Patient[]): readonly Patient[] => family.slice(1);

/** Adds a patient to a family, or replaces the one with the same id. */
export function withPatient(family: readonly Patient[], patient: Patient): Patient[] {
  const isKnown = family.some(({ id }) => id === patient.id);
  return isKnown ? family.map((one) => (one.id === patient.id ? patient : one)) : [...family, patient];
}
