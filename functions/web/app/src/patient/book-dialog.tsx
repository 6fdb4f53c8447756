import { useId, useState } from "preact/hooks";
import { ApiError, type Problem, type Schemas } from "../api/client";
import { t } from "../language";
import { goTo } from "../route";
import { Dialog } from "../ui/dialog";
import { ErrorMessage, useAction } from "../ui/load";
import { book, isOutcomeUnknown, newIdempotencyKey } from "./booking";
import { DateTime } from "./date-time";
import type { Slot } from "./policy";
import { AppointmentDetails } from "./appointment-card";

/** A slot to book, and the idempotency key of the booking. */
type Attempt = { slot: Slot; key: string };
const newAttempt = (slot: Slot): Attempt => ({ slot, key: newIdempotencyKey() });

/** Books a slot, or one of the alternatives if another patient was faster. Then opens the appointment's page. */
export function BookDialog({ doctor, slot, onClose }: { doctor: Schemas["Profile"]; slot: Slot; onClose: () => void }) {
  const details = useId();
  const [attempt, setAttempt] = useState(() => newAttempt(slot));
  const [progress, setProgress] = useState("");
  const { busy, error, run } = useAction();
  const send = ({ slot, key }: Attempt) =>
    run(async () => {
      setProgress(t.patient.book.booking);
      // Closing the dialog does not stop the booking: when it succeeds, the appointment's page still opens.
      const retrying = () => setProgress(t.patient.book.retrying);
      const id = await book(doctor.id, slot, key, retrying).finally(() => setProgress(""));
      goTo("appointments", id, "booked");
    });
  const bookAlternative = (slot: Slot) => {
    const another = newAttempt(slot);
    setAttempt(another);
    void send(another);
  };
  const conflict = error instanceof ApiError && error.problem.alternatives ? error.problem : undefined;
  const label = error === undefined ? t.patient.book.submit : t.ui.again;
  return (
    <Dialog title={t.patient.book.title} onClose={onClose}>
      <AppointmentDetails id={details} doctor={doctor.name} slot={attempt.slot} />
      <p class="faint" role="status">{progress}</p>
      {conflict ? <Conflict problem={conflict} onBook={bookAlternative} /> : <ErrorMessage error={error} />}
      {isOutcomeUnknown(error) && <p>{t.patient.book.unknown}</p>}
      <div class="row">
        {error === undefined || isOutcomeUnknown(error) ? (
          <button
            type="button" class="primary" autofocus aria-describedby={details} aria-disabled={busy}
            onClick={() => send(attempt)}
          >
            {label}
          </button>
        ) : (
          <button type="button" onClick={onClose}>{t.patient.book.another}</button>
        )}
      </div>
    </Dialog>
  );
}

/** Why the slot could not be booked, with buttons that book an alternative. */
function Conflict({ problem, onBook }: { problem: Problem; onBook: (slot: Slot) => void }) {
  const { violations = [problem.type], alternatives = [] } = problem;
  const noAlternatives = violations.includes("/problems/too-many-open-bookings") ? null : <p>{t.patient.book.noAlternatives}</p>;
  return (
    <>
      <div class="notice bad" role="alert">
        {violations.map((type) => <p key={type}>{t.problems[type.split("/").at(-1)!] ?? problem.detail}</p>)}
      </div>
      {alternatives.length > 0 ? <h3>{t.patient.book.alternatives}</h3> : noAlternatives}
      <ul class="near-times">
        {alternatives.map((slot) => (
          <li key={slot.start_date}>
            <button type="button" onClick={() => onBook(slot)}><DateTime time={slot.start_date} /></button>
          </li>
        ))}
      </ul>
    </>
  );
}
