import { hrefTo, hrefWith, open } from "../route";

/** The patient whose page was opened from the search, or after the patient was created. */
let arrived: number | undefined;

/** Opens a patient's page. The focus is then on the button that books. `withBooking` opens the booking at once. */
export function openPatient(id: number, withBooking = false): void {
  arrived = id;
  open(withBooking ? hrefWith(["patients", id], { book: "yes" }) : hrefTo("patients", id));
}

/** Returns whether the page of a patient was opened from the search. Returns true once. */
export function hasArrived(id: number): boolean {
  const isHere = arrived === id;
  arrived = undefined;
  return isHere;
}
