import { dataOf, POST, ApiError, Unreachable } from "../api/client";
import type { Slot } from "./policy";

/** The delay before each retry, in milliseconds. */
const RETRY_DELAYS = [500, 1500, 4000];

/** Returns a new idempotency key. `crypto.randomUUID` is missing if the clinic is not served over HTTPS. */
export const newIdempotencyKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/** Returns whether it is unknown if the appointment was booked. A retry with the same key is then safe. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ApiError && error.problem.status === 503);

/**
 * Books a slot and returns the appointment's id. Retries if the outcome is unknown. The idempotency key prevents a second
 * booking.
 *
 * @param onRetry called before each retry.
 */
export async function book(doctor_id: number, { start_date, duration }: Slot, key: string, onRetry: () => void): Promise<number> {
  const params = { path: { doctor_id }, header: { "Idempotency-Key": key } };
  const send = () => dataOf(POST("/doctors/{doctor_id}/book", { params, body: { start_date, duration } }));
  for (const delay of RETRY_DELAYS) {
    try {
      return await send();
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      onRetry();
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
  return send();
}
