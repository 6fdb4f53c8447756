// The lengths of appointments that a patient can choose. This module imports no texts: see `data.ts`.
import type { Clinic } from "../clinic";

const COMMON_DURATIONS = [15, 30, 45, 60, 90, 120];
/** The duration that is chosen at first, in minutes, if the clinic allows it. */
export const DEFAULT_DURATION = 30;

/** The durations that a patient can choose, in minutes: the shortest, the longest, and the common ones between them. */
export function durationOptions({ min_duration, max_duration }: Clinic): number[] {
  const common = COMMON_DURATIONS.filter((duration) => min_duration <= duration && duration <= max_duration);
  return [...new Set([min_duration, ...common, max_duration])].sort((one, other) => one - other);
}

/** The duration that is chosen at first, in minutes. It is an allowed one. */
export const defaultDuration = ({ min_duration, max_duration }: Clinic): number =>
  Math.min(Math.max(DEFAULT_DURATION, min_duration), max_duration);

/** The duration of an address's query, or the default one. */
export function durationOf({ duration }: Readonly<Record<string, string>>, clinic: Clinic): number {
  const minutes = Number(duration);
  return durationOptions(clinic).includes(minutes) ? minutes : defaultDuration(clinic);
}
