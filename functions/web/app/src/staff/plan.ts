// The appointments that time off or a deactivation affects, and what can be done with each. Imports no texts.
import { allPages, ApiError, dataOf, GET, POST, type Schemas } from "../api/client";
import { Temporal } from "../time";
import type { Appointment } from "./agenda";

type Times = { start_date: string; end_date: string };
export type Proposal = NonNullable<Schemas["TimeOff"]["proposals"]>[number];
/** An appointment, and what can be done with it besides a cancellation. */
export type Affected = { appointment: Appointment; proposal: Proposal | undefined };
/** What happens to an appointment: `cancel`, `move` to the proposed start, or the id of the new doctor. */
export type Choice = "cancel" | "move" | number;
export type Step = { id: number } & ({ cancel: true } | { start_date: string } | { doctor_id: number });

/** Loads the booked appointments of a doctor that time off would affect, in order of start. All doctors without one. */
export function fetchBookedIn({ start_date, end_date }: Times, doctor?: number): Promise<Appointment[]> {
  // Starts a day earlier, to include appointments that start before this time and end during it.
  const from = Temporal.Instant.from(start_date).subtract({ hours: 24 }).toString();
  const query = { doctor_id: doctor, from, to: end_date, status: "Booked" as const, limit: 100 };
  return allPages((after) => GET("/appointments", { params: { query: { ...query, after } } }));
}

/** Loads the appointments that time off of a doctor would affect, with what the API proposes for each. */
export async function fetchAffected(doctor: number, times: Times): Promise<Affected[]> {
  const body = { ...times, appointments: "cancel" as const, dry_run: true };
  const path = { doctor_id: doctor };
  const [result, booked] = await Promise.all([
    dataOf(POST("/doctors/{doctor_id}/time_off", { params: { path }, body })),
    fetchBookedIn(times, doctor),
  ]);
  const proposals = new Map(result.proposals?.map((proposal) => [proposal.id, proposal]));
  const affected = new Set(result.cancelled);
  return booked
    .filter(({ id }) => affected.has(id))
    .map((appointment) => ({ appointment, proposal: proposals.get(appointment.id) }));
}

/** Returns the steps of a plan. */
export const stepsOf = (affected: readonly Affected[], choiceOf: (id: number) => Choice): Step[] =>
  affected.map(({ appointment: { id }, proposal }) => {
    const choice = choiceOf(id);
    const start_date = proposal?.next_start_date;
    if (choice === "move" && start_date) return { id, start_date };
    return typeof choice === "number" ? { id, doctor_id: choice } : { id, cancel: true };
  });

/** Returns why a plan was refused, by appointment. `undefined` if the error has another cause. */
export function conflictsOf(error: unknown): Map<number, ApiError> | undefined {
  if (!(error instanceof ApiError) || error.kind !== "plan-refused") return undefined;
  const { status, request_id, conflicts } = error.problem;
  return new Map(conflicts?.map(({ id, problem }) => [id, new ApiError({ ...problem, status, request_id })]));
}
