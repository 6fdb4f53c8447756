import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Schemas } from "../api/client";
import { t } from "../language";
import { inZone, Temporal, today, toTimestamp, type PlainDate } from "../time";
import { Field, Form } from "../ui/form";
import { ErrorMessage, WhenLoaded, useAction, useLoad, type LoadState } from "../ui/load";
import { fetchSlotsFor, fetchVersioned, isStale, reschedule, type CalendarAppointment, type VersionedAppointment } from "./data";
import { DateTime } from "./date-time";

/** The appointment to reschedule. */
type Target = { appointment: CalendarAppointment; versioned: VersionedAppointment };
export type Rescheduled = { before: Schemas["Appointment"]; after: VersionedAppointment };
/** The state and the actions of rescheduling one appointment at a time. Without a `target`, none is rescheduled. */
export type Rescheduling = ReturnType<typeof useRescheduling>;

export function useRescheduling({ doctor, days, onRescheduled, onStale }: {
  doctor: number;
  days: PlainDate[];
  onRescheduled: (rescheduled: Rescheduled) => void;
  /** Called if another user has changed the appointment meanwhile. */
  onStale: (appointment: CalendarAppointment) => void;
}) {
  const [target, setTarget] = useState<Target>();
  const [isDragging, setDragging] = useState(false);
  const dragged = useRef<CalendarAppointment | undefined>(undefined);
  const { busy, error, run, clear } = useAction();
  const search = useLoad(
    async () => target && { target, slots: await fetchSlotsFor(target.appointment.id, doctor, days) },
    [target, days.join()],
  );
  const start = (target: Target) => {
    clear();
    setTarget(target);
  };
  const stop = () => {
    dragged.current = undefined;
    clear();
    setDragging(false);
    setTarget(undefined);
  };
  /** Starts to drag an appointment. Does nothing if the user drops it before it is loaded. */
  const startDrag = (appointment: CalendarAppointment) => {
    dragged.current = appointment;
    setDragging(true);
    void run(async () => {
      const versioned = await fetchVersioned(appointment.id);
      if (dragged.current === appointment) setTarget({ appointment, versioned });
    });
  };
  const choose = (time: string) => {
    setDragging(false);
    if (!target) return;
    void run(async () => {
      try {
        const after = await reschedule(target.versioned, time);
        onRescheduled({ before: target.versioned.appointment, after });
      } catch (error) {
        if (!isStale(error)) throw error;
        onStale(target.appointment);
      }
      setTarget(undefined);
    });
  };
  // Without the slots that were loaded for another appointment, and without this appointment's own time.
  const loaded = search.data?.target === target ? (search.data?.slots ?? []) : [];
  const slots = loaded.filter(({ start_date }) => start_date !== target?.versioned.appointment.start_date);
  return { target, isDragging, busy, error, search, slots, start, stop, startDrag, choose };
}

function useEscape(leave: () => void) {
  useLayoutEffect(() => {
    const pressed = ({ key }: KeyboardEvent) => key === "Escape" && leave();
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

/** Shows the appointment that is rescheduled, with a form for an exact time. The slots are in the calendar below. */
export function ReschedulePanel({ rescheduling: { target, search, stop, choose } }: { rescheduling: Rescheduling }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef<Element | null>(null);
  // This runs after the dialog that started the rescheduling has returned the focus.
  useEffect(() => {
    before.current = document.activeElement;
    heading.current?.focus();
  }, []);
  const leave = () => {
    stop();
    (before.current as HTMLElement | null)?.focus();
  };
  useEscape(leave);
  const texts = t.doctor.reschedule;
  const { appointment, versioned } = target!;
  const current = inZone(versioned.appointment.start_date);
  const exact = async ({ date, time }: Record<string, string>) => choose(toTimestamp(Temporal.PlainDate.from(date!), time!));
  return (
    <section class="notice moves">
      <h2 ref={heading} tabIndex={-1}>{texts.title}</h2>
      <p>{texts.of} <bdi>{appointment.patient_name}</bdi>, <DateTime time={versioned.appointment.start_date} /></p>
      <p>{texts.hint}</p>
      <WhenLoaded state={search as LoadState<Rescheduling["search"]["data"]>}>
        {(loaded) => loaded?.slots.length === 0 && <p class="empty">{texts.none}</p>}
      </WhenLoaded>
      <Form class="row" submit={texts.submit} onSubmit={exact} aria-label={texts.exact}>
        <Field
          label={texts.date} name="date" type="date" required
          min={today().toString()} defaultValue={current.toPlainDate().toString()}
        />
        <Field
          label={texts.time} name="time" type="time" required
          defaultValue={current.toPlainTime().toString({ smallestUnit: "minute" })}
        />
      </Form>
      <button type="button" onClick={leave}>{texts.stop}</button>
    </section>
  );
}

/** Why the appointment could not be rescheduled, with buttons for the alternatives. */
export function RescheduleError({ error, onChoose }: { error: unknown; onChoose: ((start: string) => void) | undefined }) {
  const problem = error instanceof ApiError ? error.problem : undefined;
  const text = error instanceof ApiError ? t.doctor.refused[error.kind] : undefined;
  const alternatives = problem?.alternatives ?? [];
  return (
    <>
      {text ? <div class="notice bad" role="alert"><p>{text}</p></div> : <ErrorMessage error={error} />}
      {onChoose && alternatives.length > 0 && (
        <section class="alternatives">
          <h2>{t.doctor.reschedule.alternatives}</h2>
          <ul class="row">
            {alternatives.map(({ start_date }) => (
              <li key={start_date}>
                <button type="button" onClick={() => onChoose(start_date)}><DateTime time={start_date} /></button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
