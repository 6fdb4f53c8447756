import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ApiError, type Schemas } from "../api/client";
import { loadedClinic } from "../clinic";
import { t } from "../language";
import { Notice } from "./notice";

/** Returns the message for an error, in the user's language if it has a text for the problem. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t.ui.unreachable;
  const most = loadedClinic()?.max_open_bookings;
  if (error.kind === "too-many-open-bookings" && most) return t.limits.openBookings(most);
  return t.problems[error.kind] ?? error.problem.detail;
}

type Violation = NonNullable<Schemas["Problem"]["errors"]>[number];

/** The violations of a refused request, if there are any. */
export const violationsOf = (error: unknown): Violation[] => (error instanceof ApiError ? (error.problem.errors ?? []) : []);

/** The limits of a field. `min` and `max` are those of a number, the others those of a text, in characters. */
export type FieldLimits = { min?: number | undefined; max?: number | undefined; shortest?: number | undefined; longest?: number | undefined };
/** The limits of the field whose violation is shown. */
export const Limits = createContext<FieldLimits>({});

/** Returns the text with the limit that a value is outside of, if the page knows the limit. */
function limitText(code: string, { min, max, shortest, longest }: FieldLimits): string | undefined {
  const clinic = loadedClinic();
  if (code === "out_of_range" && min !== undefined && max !== undefined) return t.limits.range(min, max);
  if (code === "too_short" && shortest !== undefined) return t.limits.shortest(shortest);
  if (code === "too_long" && longest !== undefined) return t.limits.longest(longest);
  if (code === "duration_not_allowed" && clinic) return t.limits.duration(clinic.min_duration, clinic.max_duration);
  if (code === "too_far_ahead" && clinic) return t.limits.horizon(clinic.booking_horizon_days);
  return undefined;
}

/** The message for a violation. If the user's language has no text for the code, shows the API's English detail. */
export function ViolationText({ code, detail }: Violation) {
  const text = limitText(code, useContext(Limits)) ?? t.violations[code];
  return text ? <>{text}</> : <span lang="en" dir="ltr">{detail}</span>;
}

/**
 * The message of an error, if there is one. Screen readers read it out when it appears. `shown` are the names of fields that
 * show their own violations.
 */
export function ErrorMessage({ error, shown = [] }: { error: unknown; shown?: readonly string[] }) {
  if (error === undefined) return null;
  const others = violationsOf(error).filter(({ pointer }) => !shown.includes(fieldOf(pointer)));
  return (
    <Notice tone="bad" role="alert">
      <p>{messageOf(error)}</p>
      {others.length > 0 && (
        <ul>{others.map((violation) => <li key={violation.pointer + violation.code}><ViolationText {...violation} /></li>)}</ul>
      )}
    </Notice>
  );
}

/** Returns the name of a violation's field: a member, without the index in a list. */
export const fieldOf = (pointer: string): string => pointer.slice(1).replace(/\/\d+$/, "");
