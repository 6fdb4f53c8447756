import { answer, POST, Refused, Unreachable } from "../api/client";
import type { Slot } from "./policy";

/** Milliseconds until each further try. */
const PAUSES = [500, 1500, 4000];

/** A name for a booking. `crypto.randomUUID` is missing where the clinic is not served over HTTPS. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/** Whether it is not known, or not decided yet, if a booking was made. */
export const isOpen = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Refused && error.problem.status === 503);

/**
 * Books a time, and answers the appointment's id. Tries again where no answer came: under the same key it books once.
 *
 * @param onWait is told before each further try.
 */
export async function book(doctor_id: number, { start_date, duration }: Slot, key: string, onWait: () => void): Promise<number> {
  const params = { path: { doctor_id }, header: { "Idempotency-Key": key } };
  const send = () => answer(POST("/doctors/{doctor_id}/book", { params, body: { start_date, duration } }));
  for (const pause of PAUSES) {
    try {
      return await send();
    } catch (error) {
      if (!isOpen(error)) throw error;
      onWait();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return send();
}
