import type { ComponentChildren, ComponentType } from "preact";
import { useState } from "preact/hooks";
import { dataOf, GET, POST, ApiError, type Schemas } from "../api/client";
import { t } from "../language";
import { dayOf, formatTime } from "../time";
import { Select, Field } from "./form";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "./load";

export type Times = { start_date: string; duration: number };

/**
 * Reschedules an appointment. With an `etag`, the change is refused if another user has changed the appointment since.
 */
export const reschedule = (appointment_id: number, body: Times, etag?: string): Promise<Schemas["Appointment"]> => {
  const params = { path: { appointment_id }, ...(etag && { header: { "If-Match": etag } }) };
  return dataOf(POST("/appointments/{appointment_id}/reschedule", { params, body }));
};

type Props = {
  appointment: Times & { doctor_id: number };
  /** The id of the appointment: the slots may then overlap its present time. Only for accounts that can reschedule it. */
  moving?: number;
  /** Whether the user can change the length as well. */
  withLength?: boolean;
  /** The texts of refusals, by the last part of a problem's type. */
  refused: Record<string, string>;
  /** Shows the time of an alternative. */
  Time: ComponentType<{ time: string }>;
  onReschedule: (times: Times) => Promise<void>;
};

/** Reschedules an appointment to a slot of its doctor. If that is refused, offers the alternatives. */
export function Reschedule({ appointment, moving, withLength, refused, Time, onReschedule }: Props) {
  const texts = t.reschedule;
  const [date, setDate] = useState(dayOf(appointment.start_date).toString());
  const [duration, setDuration] = useState(String(appointment.duration));
  const { busy, error, run } = useAction();
  const send = (start_date: string) => run(() => onReschedule({ start_date, duration: Number(duration) }));
  return (
    <section class="stack">
      <div class="row">
        <Field
          label={texts.newDay} type="date" value={date} required
          onChange={(event) => event.currentTarget.value && setDate(event.currentTarget.value)}
        />
        {withLength && (
          <Field
            label={texts.newLength} type="number" min={1} value={duration} required
            onChange={(event) => event.currentTarget.value && setDuration(event.currentTarget.value)}
          />
        )}
      </div>
      {/* Keyed, so that it never shows the slots of another day or length. */}
      <Slots
        key={`${date} ${duration}`} appointment={appointment} query={{ date, duration: Number(duration), moving }}
        busy={busy} onChoose={send}
      />
      <RescheduleError error={error} refused={refused}>
        {(time) => <button key={time} type="button" onClick={() => send(time)}><Time time={time} /></button>}
      </RescheduleError>
    </section>
  );
}

type SlotsProps = {
  appointment: Props["appointment"];
  query: { date: string; duration: number; moving: number | undefined };
  busy: boolean;
  onChoose: (start_date: string) => void;
};

/** The slots of a day, except the appointment's present time. */
function Slots({ appointment, query, busy, onChoose }: SlotsProps) {
  const texts = t.reschedule;
  const [chosen, choose] = useState("");
  const path = { doctor_id: appointment.doctor_id };
  const loaded = useLoad(() => dataOf(GET("/doctors/{doctor_id}/availability", { params: { path, query } })), []);
  return (
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
            <button type="button" class="primary" aria-disabled={busy} onClick={() => onChoose(slot.start_date)}>
              {texts.submit}
            </button>
          </div>
        );
      }}
    </WhenLoaded>
  );
}

type ErrorProps = { error: unknown; refused: Record<string, string>; children: (time: string) => ComponentChildren };

/** Why the appointment could not be rescheduled. `children` returns the button of an alternative. */
function RescheduleError({ error, refused, children }: ErrorProps) {
  const text = error instanceof ApiError ? refused[error.kind] : undefined;
  if (!(error instanceof ApiError) || !text) return <ErrorMessage error={error} />;
  const { alternatives = [] } = error.problem;
  return (
    <div class="notice bad" role="alert">
      <p>{text}</p>
      {alternatives.length > 0 && <p>{t.reschedule.alternatives}</p>}
      <div class="stack">{alternatives.map(({ start_date }) => children(start_date))}</div>
    </div>
  );
}
