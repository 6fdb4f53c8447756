import { useRef, useState } from "preact/hooks";
import type { ApiError } from "../api/client";
import { s } from "../language/staff";
import { formatDateTime } from "../time";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { Select } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form } from "../ui/form";
import { PhoneLink } from "../ui/phone-link";
import { DateTime, dateTimeText } from "../ui/time";
import type { Appointment } from "./agenda";
import { conflictsOf, stepsOf, type Affected, type Choice, type Step } from "./plan";

type Props = {
  affected: readonly Affected[];
  /** The text of the button, before the counts of what happens. */
  submit: string;
  hrefOf: (appointment: Appointment) => string;
  /** Carries out the plan. With `dryRun`, only checks it. Throws what the API answers. */
  send: (steps: Step[], dryRun: boolean) => Promise<unknown>;
  /** The plan was carried out. */
  onDone: () => void;
  /** More buttons, beside that of the form. */
  actions?: preact.ComponentChildren;
};

/** A choice for each appointment that a change affects: cancel it, move it, or give it to a colleague. */
export function PlanForm({ affected, submit, hrefOf, send, onDone, actions }: Props) {
  const texts = s.doctor.plan;
  const [choices, setChoices] = useState<ReadonlyMap<number, Choice>>(new Map());
  const [conflicts, setConflicts] = useState<ReadonlyMap<number, ApiError>>(new Map());
  const checks = useRef(0);
  const heading = useFirstFocus(true);
  const choiceOf = (id: number) => choices.get(id) ?? "cancel";
  const steps = stepsOf(affected, choiceOf);

  /** Checks the choices at once. An answer that a later one has overtaken is ignored. */
  const choose = (changed: ReadonlyMap<number, Choice>) => {
    setChoices(changed);
    const number = ++checks.current;
    const show = (found: ReadonlyMap<number, ApiError>) => number === checks.current && setConflicts(found);
    const checked = send(stepsOf(affected, (id) => changed.get(id) ?? "cancel"), true);
    // Another error, such as a lost connection, is shown when the plan is sent.
    checked.then(() => show(new Map()), (error: unknown) => show(conflictsOf(error) ?? new Map()));
  };
  const chooseAll = (choice: (affected: Affected) => Choice) =>
    choose(new Map(affected.map((one) => [one.appointment.id, choice(one)])));
  const carryOut = async () => {
    checks.current++;
    try {
      await send(steps, false);
    } catch (error) {
      setConflicts(conflictsOf(error) ?? new Map());
      throw error;
    }
    onDone();
  };
  const count = (has: (step: Step) => boolean) => steps.filter(has).length;
  const summary = texts.summary(count((step) => "cancel" in step), count((step) => "start_date" in step), count((step) => "doctor_id" in step));
  return (
    <div class="stack" role="group" aria-label={texts.title} ref={heading}>
      <h3>{texts.title}</h3>
      <p class="faint">{texts.hint}</p>
      <div class="row" role="group" aria-label={texts.forAll}>
        <Button small onClick={() => chooseAll(() => "cancel")}>{texts.cancelAll}</Button>
        <Button small onClick={() => chooseAll(({ proposal }) => (proposal?.next_start_date ? "move" : "cancel"))}>{texts.moveAll}</Button>
        <Button small onClick={() => chooseAll(({ proposal }) => proposal?.colleagues[0]?.doctor_id ?? "cancel")}>{texts.giveAll}</Button>
      </div>
      <Form submit={summary ? `${submit}: ${summary}` : submit} danger={steps.some((step) => "cancel" in step)} onSubmit={carryOut} actions={actions} aria-label={texts.title}>
        {affected.length === 0 ? <p>{texts.none}</p> : (
          <ul class="list">
            {affected.map((one) => (
              <Row
                key={one.appointment.id} {...one} href={hrefOf(one.appointment)} choice={choiceOf(one.appointment.id)}
                conflict={conflicts.get(one.appointment.id)}
                onChoose={(choice) => choose(new Map([...choices, [one.appointment.id, choice]]))}
              />
            ))}
          </ul>
        )}
      </Form>
    </div>
  );
}

function Row({ appointment, proposal, href, choice, conflict, onChoose }: Affected & {
  href: string;
  choice: Choice;
  conflict: ApiError | undefined;
  onChoose: (choice: Choice) => void;
}) {
  const texts = s.doctor.plan;
  const { start_date, patient_name, patient_phone, type_name } = appointment;
  const options: [string, string][] = [["cancel", texts.cancel]];
  if (proposal?.next_start_date) options.push(["move", texts.move(formatDateTime(proposal.next_start_date))]);
  for (const { doctor_id, name } of proposal?.colleagues ?? []) options.push([String(doctor_id), texts.give(name)]);
  return (
    <li>
      <div class="stack tight grow">
        <p class="strong"><bdi>{patient_name}</bdi></p>
        <p class="row">
          <a href={href}><DateTime time={start_date} /></a>
          {patient_phone && <PhoneLink phone={patient_phone} />}
          {type_name && <bdi class="faint">{type_name}</bdi>}
        </p>
      </div>
      <div class="stack tight">
        <Select
          label={texts.choiceOf(patient_name, dateTimeText(start_date))} labelIsHidden options={options} value={String(choice)}
          onChoose={(value) => onChoose(value === "cancel" || value === "move" ? value : Number(value))}
        />
        <ErrorMessage error={conflict} />
      </div>
    </li>
  );
}
