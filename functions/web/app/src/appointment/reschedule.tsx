import { useEffect, useRef, useState } from "preact/hooks";
import { SlotPicker } from "../booking/slot-picker";
import type { Slot } from "../booking/data";
import { t } from "../language";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { useAction } from "../ui/load";
import { dateTimeText } from "../ui/time";
import { Refusal, type RefusalTexts } from "./refusal";

/** Chooses another time for an appointment with its doctor. If the time is refused, offers the nearest times. */
export function RescheduleForm({ appointment, moving, withLength = false, focuses = 0, texts, onReschedule }: {
  appointment: Slot & { doctor_id: number };
  /** The id of the appointment: the slots may then overlap its present time. Only for accounts that can reschedule it. */
  moving?: number;
  /** Whether the user can change the length as well. */
  withLength?: boolean;
  /** Each change moves the focus to the first time. */
  focuses?: number;
  texts: RefusalTexts;
  onReschedule: (times: Slot) => Promise<void>;
}) {
  const [duration, setDuration] = useState(appointment.duration);
  const [chosen, setChosen] = useState<string>();
  const [reloads, setReloads] = useState(0);
  const { busy, error, run } = useAction();
  const submit = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState(0);
  /** The value of `focuses` for which the focus has moved. */
  const focused = useRef(0);
  useEffect(() => {
    const first = picker.current?.querySelector<HTMLElement>(".times button");
    if (focuses === focused.current || !first) return;
    focused.current = focuses;
    first.focus();
  }, [focuses, shown]);
  // A time of another doctor is not one of this doctor.
  useEffect(() => setChosen(undefined), [appointment.doctor_id]);
  // Below many times, the button would be out of view. Enter on a time that was chosen by keyboard leads on to it.
  useEffect(() => {
    submit.current?.scrollIntoView({ block: "nearest" });
    if (focuses > 0) submit.current?.querySelector("button")?.focus();
  }, [chosen]);
  const send = (start_date: string) =>
    run(async () => {
      // After a refusal, other times are free.
      await onReschedule({ start_date, duration }).finally(() => setReloads(reloads + 1));
    });
  return (
    <div class="section">
      {withLength && (
        <Field
          label={t.appointment.newLength} type="number" min={1} value={duration} required
          onChange={({ currentTarget: { validity, valueAsNumber } }) => validity.valid && setDuration(valueAsNumber)}
        />
      )}
      <div class="section" ref={picker}>
        <SlotPicker
          doctor={appointment.doctor_id} duration={duration} moving={moving} chosen={chosen} reloads={reloads}
          onLoad={() => setShown((shown) => shown + 1)} onChoose={({ start_date }) => setChosen(start_date)}
        />
      </div>
      <Refusal error={error} texts={texts} busy={busy} onChoose={send} />
      {chosen && (
        <div ref={submit}>
          <Button kind="primary" full busy={busy} onClick={() => send(chosen)}>{t.appointment.rescheduleTo(dateTimeText(chosen))}</Button>
        </div>
      )}
    </div>
  );
}
