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
export function RescheduleForm({ appointment, moving, withLength = false, texts, onReschedule }: {
  appointment: Slot & { doctor_id: number };
  /** The id of the appointment: the slots may then overlap its present time. Only for accounts that can reschedule it. */
  moving?: number;
  /** Whether the user can change the length as well. */
  withLength?: boolean;
  texts: RefusalTexts;
  onReschedule: (times: Slot) => Promise<void>;
}) {
  const [duration, setDuration] = useState(appointment.duration);
  const [chosen, setChosen] = useState<string>();
  const [reloads, setReloads] = useState(0);
  const { busy, error, run } = useAction();
  const submit = useRef<HTMLDivElement>(null);
  // Below many times, the button would be out of view.
  useEffect(() => submit.current?.scrollIntoView({ block: "nearest" }), [chosen]);
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
      <SlotPicker
        doctor={appointment.doctor_id} duration={duration} moving={moving} chosen={chosen} reloads={reloads}
        onChoose={({ start_date }) => setChosen(start_date)}
      />
      <Refusal error={error} texts={texts} busy={busy} onChoose={send} />
      {chosen && (
        <div ref={submit}>
          <Button kind="primary" full busy={busy} onClick={() => send(chosen)}>{t.appointment.rescheduleTo(dateTimeText(chosen))}</Button>
        </div>
      )}
    </div>
  );
}
