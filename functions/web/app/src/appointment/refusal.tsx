import { ApiError } from "../api/client";
import { t } from "../language";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { Notice } from "../ui/notice";
import { DateTime } from "../ui/time";

/** The texts of refusals, by the last part of a problem's type. */
export type RefusalTexts = Record<string, string>;

/**
 * Why a time could not be booked, with the nearest available times. `texts` are those for the user: a patient and a doctor
 * read different ones about the same problem.
 */
export function Refusal({ error, texts, busy, onChoose }: {
  error: unknown;
  texts: RefusalTexts;
  busy: boolean;
  onChoose: (start_date: string) => void;
}) {
  const text = error instanceof ApiError ? texts[error.kind] : undefined;
  const alternatives = error instanceof ApiError ? error.problem.alternatives : undefined;
  if (!text || !alternatives) return <ErrorMessage error={error} />;
  return (
    <Notice tone="bad" role="alert">
      <p>{text}</p>
      <p>{alternatives.length > 0 ? t.appointment.alternatives : t.appointment.noAlternatives}</p>
      <ul class="plain stack">
        {alternatives.map(({ start_date }) => (
          <li key={start_date}>
            <Button full busy={busy} onClick={() => onChoose(start_date)}><DateTime time={start_date} /></Button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
