import { useRef } from "preact/hooks";
import { ApiError, Unreachable } from "../api/client";

/** The delays before the retries, in milliseconds. */
const RETRY_DELAYS = [500, 1500, 4000];

/** Whether it is unknown if the change was made. */
const isUnknown = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ApiError && error.problem.status === 503);

/** Returns a random key. `crypto.randomUUID` is missing if the clinic is not served over HTTPS. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

const pause = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

/**
 * Returns a function that sends a change with an idempotency key, and sends it again if no answer arrives. The key stays the
 * same until the outcome of the change is known, also when the user sends the same change again.
 */
export function useAttempt<Body, Data>(send: (body: Body, key: string) => Promise<Data>): (body: Body) => Promise<Data> {
  const last = useRef<{ payload: string; key: string } | undefined>(undefined);
  return async (body) => {
    const payload = JSON.stringify(body);
    if (last.current?.payload !== payload) last.current = { payload, key: newKey() };
    const { key } = last.current;
    for (let retries = 0; ; retries++) {
      try {
        const data = await send(body, key);
        last.current = undefined;
        return data;
      } catch (error) {
        if (!isUnknown(error)) last.current = undefined;
        if (!isUnknown(error) || retries === RETRY_DELAYS.length) throw error;
        await pause(RETRY_DELAYS[retries]!);
      }
    }
  };
}
