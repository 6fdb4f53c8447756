import { ApiError, type Schemas } from "../api/client";
import { t } from "../language";

/** Returns the message for an error, in the user's language if it has a text for the problem. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t.ui.unreachable;
  return t.problems[error.kind] ?? error.problem.detail;
}

type Violation = NonNullable<Schemas["Problem"]["errors"]>[number];

/** The violations of a refused request, if there are any. */
export const violationsOf = (error: unknown): Violation[] => (error instanceof ApiError ? (error.problem.errors ?? []) : []);

/** The message for a violation. If the user's language has no text for the code, shows the API's English detail. */
export function ViolationText({ code, detail }: Violation) {
  const text = t.violations[code];
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
    <div class="notice bad" role="alert">
      <p>{messageOf(error)}</p>
      {others.length > 0 && (
        <ul>{others.map((violation) => <li key={violation.pointer + violation.code}><ViolationText {...violation} /></li>)}</ul>
      )}
    </div>
  );
}

/** Returns the name of a violation's field: a member, without the index in a list. */
export const fieldOf = (pointer: string): string => pointer.slice(1).replace(/\/\d+$/, "");
