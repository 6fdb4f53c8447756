import { useState } from "preact/hooks";
import { dataOf, GET, POST, ApiError } from "../api/client";
import { t } from "../language";
import { dayOf, formatDateTime, formatTime } from "../time";
import { Select, Field } from "../ui/form";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";
import { changeOptions, type ActionProps } from "./appointment";
import { DateTime } from "./date-time";

/** Reschedules an appointment to a slot of its doctor. If that is refused, offers the alternatives. */
export function Reschedule({ appointment, onDone }: ActionProps) {
  const texts = t.admin.appointments;
  const [date, setDate] = useState(dayOf(appointment.start_date).toString());
  const [duration, setDuration] = useState(String(appointment.duration));
  const [chosen, choose] = useState("");
  const { busy, error, run } = useAction();
  const path = { doctor_id: appointment.doctor_id };
  const query = { date, duration: Number(duration), moving: appointment.id };
  const loaded = useLoad(() => dataOf(GET("/doctors/{doctor_id}/availability", { params: { path, query } })), [date, duration]);
  const reschedule = (start_date: string) =>
    run(async () => {
      const body = { start_date, duration: Number(duration) };
      await dataOf(POST("/appointments/{appointment_id}/reschedule", { ...changeOptions(appointment), body }));
      onDone(texts.rescheduled(formatDateTime(start_date)));
    });
  return (
    <section class="stack">
      <h3>{texts.reschedule}</h3>
      <div class="row">
        <Field
          label={texts.newDay} type="date" value={date} required
          onChange={(event) => event.currentTarget.value && setDate(event.currentTarget.value)}
        />
        <Field
          label={texts.newLength} type="number" min={1} value={duration} required
          onChange={(event) => event.currentTarget.value && setDuration(event.currentTarget.value)}
        />
      </div>
      <WhenLoaded state={loaded}>
        {(available) => {
          const isCurrent = (slot: (typeof available)[number]) =>
            slot.start_date === appointment.start_date && slot.duration === appointment.duration;
          const slots = available.filter((slot) => !isCurrent(slot));
          if (slots.length === 0) return <p class="empty">{texts.noSlots}</p>;
          const slot = slots.find(({ start_date }) => start_date === chosen) ?? slots[0]!;
          return (
            <div class="row">
              <Select
                label={texts.slots} value={slot.start_date} onChoose={choose}
                options={slots.map(({ start_date }) => [start_date, formatTime(start_date)])}
              />
              <button type="button" class="primary" aria-disabled={busy} onClick={() => reschedule(slot.start_date)}>
                {texts.rescheduleSubmit}
              </button>
            </div>
          );
        }}
      </WhenLoaded>
      <RescheduleError error={error} onChoose={reschedule} />
    </section>
  );
}

/** Why the appointment could not be rescheduled, with buttons for the alternatives. */
function RescheduleError({ error, onChoose }: { error: unknown; onChoose: (time: string) => void }) {
  const texts = t.admin.appointments;
  const text = error instanceof ApiError ? texts.refused[error.kind] : undefined;
  if (!(error instanceof ApiError) || !text) return <ErrorMessage error={error} />;
  const { alternatives = [] } = error.problem;
  return (
    <div class="notice bad" role="alert">
      <p>{text}</p>
      {alternatives.length > 0 && <p>{texts.alternatives}</p>}
      <div class="stack">
        {alternatives.map(({ start_date }) => (
          <button key={start_date} type="button" onClick={() => onChoose(start_date)}><DateTime time={start_date} /></button>
        ))}
      </div>
    </div>
  );
}
