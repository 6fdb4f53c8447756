// The clinic's data, which every page needs. They are loaded once, and again when an Admin changes them.
import { useEffect, useState } from "preact/hooks";
import { dataOf, GET, type Schemas } from "./api/client";
import { setClinicZone } from "./time";

export type Clinic = Schemas["Clinic"];

let request: Promise<Clinic> | undefined;
let current: Clinic | undefined;
const listeners = new Set<(clinic: Clinic) => void>();

/** Stores the clinic's data, and renders again what shows them. */
export function setClinic(clinic: Clinic): void {
  current = clinic;
  request = Promise.resolve(clinic);
  setClinicZone(clinic.time_zone);
  listeners.forEach((listener) => listener(clinic));
}

/** Returns the clinic's data. Loads them if they are not loaded yet, or if that has failed. */
export function fetchClinic(): Promise<Clinic> {
  request ??= dataOf(GET("/clinic")).then(
    (clinic) => {
      setClinic(clinic);
      return clinic;
    },
    (error: unknown) => {
      request = undefined;
      throw error;
    },
  );
  return request;
}

/** Loads the clinic's data again: what the page shows may be outdated. */
export const reloadClinic = async (): Promise<void> => setClinic(await dataOf(GET("/clinic")));

/** The clinic's data, if they are loaded. */
export const loadedClinic = (): Clinic | undefined => current;

/** The clinic's data, or undefined while they are loading. Renders again when they change. */
export function useLoadedClinic(): Clinic | undefined {
  const [clinic, setClinic] = useState(current);
  useEffect(() => {
    setClinic(current);
    listeners.add(setClinic);
    return () => void listeners.delete(setClinic);
  }, []);
  return clinic;
}

/** The clinic's data. Only for pages: the app shows them when the clinic is loaded. */
export function useClinic(): Clinic {
  return useLoadedClinic()!;
}
