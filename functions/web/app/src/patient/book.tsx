import { useId, useState } from "preact/hooks";
import { Refused, type Problem, type Schemas } from "../api/client";
import { t } from "../language";
import { go } from "../route";
import { Dialog } from "../ui/dialog";
import { Failure, useAction } from "../ui/load";
import { book, isOpen, newKey } from "./booking";
import { Moment } from "./moment";
import type { Slot } from "./policy";
import { Facts } from "./visit";

/** A time that is to be booked, and the name of its booking. */
type Attempt = { slot: Slot; key: string };
const attemptAt = (slot: Slot): Attempt => ({ slot, key: newKey() });

/** Books a time of a doctor's, or one near it where somebody was faster, and goes to the appointment. */
export function Book({ doctor, slot, onClose }: { doctor: Schemas["Profile"]; slot: Slot; onClose: () => void }) {
  const facts = useId();
  const [attempt, setAttempt] = useState(() => attemptAt(slot));
  const [said, say] = useState("");
  const { busy, error, run } = useAction();
  const send = ({ slot, key }: Attempt) =>
    run(async () => {
      say(t.patient.book.booking);
      // What is underway goes on when the dialog is closed, and ends at the appointment all the same.
      const id = await book(doctor.id, slot, key, () => say(t.patient.book.retrying)).finally(() => say(""));
      go("appointments", id, "booked");
    });
  const take = (slot: Slot) => {
    const another = attemptAt(slot);
    setAttempt(another);
    void send(another);
  };
  const conflict = error instanceof Refused && error.problem.alternatives ? error.problem : undefined;
  const label = error === undefined ? t.patient.book.submit : t.ui.again;
  return (
    <Dialog title={t.patient.book.title} onClose={onClose}>
      <Facts id={facts} doctor={doctor.name} slot={attempt.slot} />
      <p class="faint" role="status">{said}</p>
      {conflict ? <Conflict problem={conflict} onTake={take} /> : <Failure of={error} />}
      {isOpen(error) && <p>{t.patient.book.unknown}</p>}
      <div class="row">
        {error === undefined || isOpen(error) ? (
          <button
            type="button" class="primary" autofocus aria-describedby={facts} aria-disabled={busy}
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

/** Why a time could not be booked, and which ones can. */
function Conflict({ problem, onTake }: { problem: Problem; onTake: (slot: Slot) => void }) {
  const { violations = [problem.type], alternatives = [] } = problem;
  const another = violations.includes("/problems/too-many-open-bookings") ? null : <p>{t.patient.book.noAlternatives}</p>;
  return (
    <>
      <div class="notice bad" role="alert">
        {violations.map((type) => <p key={type}>{t.problems[type.split("/").at(-1)!] ?? problem.detail}</p>)}
      </div>
      {alternatives.length > 0 ? <h3>{t.patient.book.alternatives}</h3> : another}
      <ul class="near-times">
        {alternatives.map((slot) => (
          <li key={slot.start_date}>
            <button type="button" onClick={() => onTake(slot)}><Moment time={slot.start_date} /></button>
          </li>
        ))}
      </ul>
    </>
  );
}
