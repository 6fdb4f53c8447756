import { useState } from "preact/hooks";
import { dataOf, DELETE, POST } from "../api/client";
import { s } from "../language/staff";
import { isPast, Temporal, toTimestamp } from "../time";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { Empty } from "../ui/states";
import { dateTimeText, ZoneNote } from "../ui/time";
import { toast } from "../ui/toast";
import type { Appointment, TimeOff } from "./agenda";
import { conflictOf, Conflicts, type Conflict } from "./conflicts";
import { conflictsOf, fetchAffected, type Affected, type Step } from "./plan";
import { PlanForm } from "./plan-form";

type NewTimeOff = Pick<TimeOff, "start_date" | "end_date" | "reason">;
type Props = { doctor: number; hrefOf: (appointment: Appointment) => string };

/** A doctor's current and upcoming time off, with a form to add more. */
export function TimeOffList({ timeOff, canRemove = true, onChange, ...props }: Props & {
  timeOff: TimeOff[];
  /** A Receptionist can only add it. */
  canRemove?: boolean;
  onChange: () => void;
}) {
  const [removing, setRemoving] = useState<TimeOff>();
  const texts = s.doctor.timeOff;
  const done = (text: string) => {
    setRemoving(undefined);
    onChange();
    toast(text);
  };
  return (
    <section class="section card">
      <h2>{texts.title}</h2>
      <List timeOff={timeOff.filter(({ end_date }) => !isPast(end_date))} {...(canRemove && { onRemove: setRemoving })} />
      <AddForm {...props} onDone={done} />
      {removing && <RemoveDialog doctor={props.doctor} timeOff={removing} onClose={() => setRemoving(undefined)} onDone={done} />}
    </section>
  );
}

const rangeText = ({ start_date, end_date }: NewTimeOff) => s.doctor.timeOff.range(dateTimeText(start_date), dateTimeText(end_date));

function List({ timeOff, onRemove }: { timeOff: TimeOff[]; onRemove?: (timeOff: TimeOff) => void }) {
  const texts = s.doctor.timeOff;
  if (timeOff.length === 0) return <Empty icon="calendar">{texts.none}</Empty>;
  return (
    <ul class="list">
      {timeOff.map((off) => (
        <li key={off.id}>
          <div class="grow stack tight">
            <p class="strong">{rangeText(off)}</p>
            {off.reason && <p class="faint"><bdi>{off.reason}</bdi></p>}
          </div>
          {onRemove && (
            <Button small aria-label={texts.removeOf(rangeText(off))} onClick={() => onRemove(off)}>{texts.remove}</Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function RemoveDialog({ doctor, timeOff, onClose, onDone }: {
  doctor: number;
  timeOff: TimeOff;
  onClose: () => void;
  onDone: (text: string) => void;
}) {
  const texts = s.doctor.timeOff;
  const remove = async () => {
    const path = { doctor_id: doctor, time_off_id: timeOff.id! };
    await dataOf(DELETE("/doctors/{doctor_id}/time_off/{time_off_id}", { params: { path } }));
    onDone(texts.removed);
  };
  return (
    <Dialog title={texts.removeTitle} onClose={onClose}>
      <p class="strong">{rangeText(timeOff)}</p>
      <p>{texts.removeText}</p>
      <Form submit={texts.removeSubmit} onSubmit={remove} danger />
    </Dialog>
  );
}

/** Returns the timestamp of a `datetime-local` input's value, read in the clinic's time zone. */
function parseLocal(local: string): string {
  const [date, time] = local.split("T");
  return toTimestamp(Temporal.PlainDate.from(date!), time!);
}

/** What stands in the way of new time off. */
type Refused = { body: NewTimeOff; affected: Affected[] } | { body: NewTimeOff; conflict: Conflict };

function AddForm({ doctor, hrefOf, onDone }: Props & { onDone: (text: string) => void }) {
  // A new key empties the form.
  const [formKey, setFormKey] = useState(0);
  const [refused, setRefused] = useState<Refused>();
  const texts = s.doctor.timeOff;
  const path = { doctor_id: doctor };
  const send = (body: NewTimeOff, appointments: Step[], dryRun: boolean) =>
    dataOf(POST("/doctors/{doctor_id}/time_off", { params: { path }, body: { ...body, appointments, dry_run: dryRun } }));
  const done = (text: string) => {
    setRefused(undefined);
    setFormKey(formKey + 1);
    onDone(text);
  };
  /** Without appointments in this time, it is taken at once. */
  const add = async ({ start, end, reason = "" }: Values) => {
    const body = { start_date: parseLocal(start!), end_date: parseLocal(end!), reason: reason.trim() || null };
    setRefused(undefined);
    try {
      await send(body, [], false);
    } catch (error) {
      if (!conflictsOf(error)) throw error;
      return prepare(body);
    }
    return done(texts.added);
  };
  const prepare = async (body: NewTimeOff): Promise<"unsaved"> => {
    try {
      setRefused({ body, affected: await fetchAffected(doctor, body) });
    } catch (error) {
      // An appointment that has started has to be marked first.
      const conflict = conflictOf(error, body);
      setRefused(conflict && { body, conflict });
      throw error;
    }
    return "unsaved";
  };
  return (
    <>
      <h3>{texts.add}</h3>
      <ZoneNote />
      <Form key={formKey} submit={texts.submit} onSubmit={add} aria-label={texts.add}>
        <Field label={texts.start} name="start" type="datetime-local" required />
        <Field label={texts.until} name="end" type="datetime-local" required />
        <Field label={texts.reason} hint={texts.reasonHint} name="reason" maxlength={500} />
      </Form>
      {refused && "conflict" in refused && <Conflicts doctor={doctor} hrefOf={hrefOf} {...refused.conflict} />}
      {refused && "affected" in refused && (
        <PlanForm
          key={`${refused.body.start_date} ${refused.body.end_date}`} affected={refused.affected} submit={texts.submit} hrefOf={hrefOf}
          send={(steps, dryRun) => send(refused.body, steps, dryRun)} onDone={() => done(texts.addedAndChanged)}
        />
      )}
    </>
  );
}
