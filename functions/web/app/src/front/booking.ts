// The booking that this tab makes. Its outcome can be unknown: the connection was lost, and the clinic may have booked. The
// page then sends the request again until it knows, also when the dialog is closed and when the page is loaded again. The
// idempotency key prevents a second booking.
import { useEffect, useState } from "preact/hooks";
import { ApiError, dataOf, newKey, POST, Unreachable } from "../api/client";
import type { Slot } from "../booking/data";
import * as session from "../session";

type Person = { id: number; name: string };
/** What is booked. */
export type Order = {
  doctor: Person;
  slot: Slot;
  /** The id of the appointment type, if the clinic has types for patients. It has the duration. */
  type_id?: number | undefined;
  /** The dependant whom the appointment is for, if it is for one. */
  patient?: Person | undefined;
  note?: string | undefined;
};
type Attempt = Order & {
  /** The idempotency key. */
  key: string;
  /** The id of the Patient's account. */
  account: string;
};
export type Booking = { attempt: Attempt } & (
  /** `retries`: how many requests got no answer so far. */
  | { state: "sending"; retries: number }
  | { state: "booked"; id: number }
  | { state: "refused"; error: unknown }
);

/** In the session's storage, which a sign-out deletes. */
const KEY = "booking";
/** The delay before each retry, in milliseconds. The last one is that of all later retries. */
const RETRY_DELAYS = [500, 1500, 4000, 10_000];

let current: Booking | undefined;
/** How many dialogs show the booking. While there are none, the pages do. */
let watchers = 0;
let isRunning = false;
/** Ends the wait before the next retry. */
let wake = () => {};
const listeners = new Set<() => void>();
const notify = () => listeners.forEach((listener) => listener());

function set(booking: Booking | undefined): void {
  current = booking;
  if (booking?.state === "sending") sessionStorage.setItem(KEY, JSON.stringify(booking.attempt));
  else sessionStorage.removeItem(KEY);
  notify();
}

/**
 * Whether it is unknown if the appointment was booked. An ended session refuses a retry, which says nothing about the first
 * request.
 */
const isUnknown = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ApiError && [401, 503].includes(error.problem.status));

function send({ doctor, slot: { start_date, duration }, type_id, patient, note, key }: Attempt): Promise<number> {
  const params = { path: { doctor_id: doctor.id }, header: { "Idempotency-Key": key } };
  const length = type_id === undefined ? { duration } : { type_id };
  const body = { start_date, ...length, ...(patient && { patient_id: patient.id }), ...(note && { note }) };
  return dataOf(POST("/doctors/{doctor_id}/book", { params, body }));
}

const pause = (time: number) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, time);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** Sends the request until its outcome is known, or until the session is no longer that of the attempt. */
async function run(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  while (current?.state === "sending" && session.currentState().account === current.attempt.account) {
    const { attempt, retries } = current;
    /** Whether the attempt is still this tab's: another user may have signed in while the request was on its way. */
    const isCurrent = () => current?.attempt === attempt && session.currentState().account === attempt.account;
    try {
      const id = await send(attempt);
      if (isCurrent()) set({ attempt, state: "booked", id });
    } catch (error) {
      if (!isCurrent()) break;
      if (!isUnknown(error)) {
        set({ attempt, state: "refused", error });
        break;
      }
      set({ attempt, state: "sending", retries: retries + 1 });
      await pause(RETRY_DELAYS[Math.min(retries, RETRY_DELAYS.length - 1)]!);
    }
  }
  isRunning = false;
}

/** Starts to book a slot for the signed-in Patient or a dependant. */
export function book(order: Order): void {
  const { account } = session.currentState();
  if (account === undefined) return;
  set({ attempt: { ...order, key: newKey(), account }, state: "sending", retries: 0 });
  void run();
}

/** Sends the request again now. */
export const retryNow = (): void => wake();
/** Forgets a booking whose outcome the user knows. */
export function forgetBooking(): void {
  if (current && current.state !== "sending") set(undefined);
}

/** Whether the clinic has not answered yet, although the page has tried a few times. */
export const isUncertain = (booking: Booking): boolean => booking.state === "sending" && booking.retries >= RETRY_DELAYS.length;

/** The booking of this tab, if there is one. A dialog that shows it watches it: then the pages do not show it too. */
export function useBooking(isDialog: boolean): Booking | undefined {
  const [, render] = useState({});
  useEffect(() => {
    const update = () => render({});
    listeners.add(update);
    if (isDialog) watchers++;
    notify();
    return () => {
      listeners.delete(update);
      if (isDialog) watchers--;
      notify();
    };
  }, []);
  return isDialog || watchers === 0 ? current : undefined;
}

/** Continues a booking that an earlier page of this tab, or an earlier session of the account, has started. */
function resume(): void {
  const stored = sessionStorage.getItem(KEY);
  const attempt = stored ? (JSON.parse(stored) as Attempt) : undefined;
  if (!current && attempt && attempt.account === session.currentState().account) {
    current = { attempt, state: "sending", retries: RETRY_DELAYS.length };
  }
  void run();
}

session.onChange((state) => {
  const isOther = state.account !== undefined && state.account !== current?.attempt.account;
  if (isOther || (state.account === undefined && state.reason === "signed-out")) set(undefined);
  if (state.account !== undefined) resume();
  // If the session has ended, the retries end.
  wake();
});
addEventListener("online", () => wake());
resume();
