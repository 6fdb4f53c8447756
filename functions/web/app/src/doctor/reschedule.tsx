import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "../appointment/refusal";
import { fetchSlots } from "../booking/data";
import { s } from "../language/staff";
import type { Appointment } from "../staff/agenda";
import { fetchVersioned, isStale, reschedule, type Versioned } from "../staff/changes";
import { inZone, Temporal, today, toTimestamp, type PlainDate } from "../time";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { useAction, useLoad } from "../ui/load";
import { Empty, LoadError } from "../ui/states";
import { DateTime } from "../ui/time";

export type Rescheduled = { before: Appointment; after: Versioned };
/** The state and the actions of rescheduling one appointment at a time. Without a `target`, none is rescheduled. */
export type Rescheduling = ReturnType<typeof useRescheduling>;

export function useRescheduling({ doctor, days, onRescheduled, onStale }: {
  doctor: number;
  days: PlainDate[];
  onRescheduled: (rescheduled: Rescheduled) => void;
  /** Called if another user has changed the appointment meanwhile. */
  onStale: (id: number) => void;
}) {
  const [target, setTarget] = useState<Versioned>();
  const [isDragging, setDragging] = useState(false);
  const dragged = useRef<number | undefined>(undefined);
  const { busy, error, run, clear } = useAction();
  const search = useLoad(
    async () => target && { target, slots: await fetchSlots({ doctor, moving: target.appointment.id }, days[0]!, days.length) },
    [target, days.join()],
  );
  const start = (target: Versioned) => {
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
  const startDrag = (id: number) => {
    dragged.current = id;
    setDragging(true);
    void run(async () => {
      const versioned = await fetchVersioned(id);
      if (dragged.current === id) setTarget(versioned);
    });
  };
  const choose = (start_date: string) => {
    setDragging(false);
    if (!target) return;
    void run(async () => {
      try {
        onRescheduled({ before: target.appointment, after: await reschedule(target, { start_date }) });
      } catch (error) {
        if (!isStale(error)) throw error;
        onStale(target.appointment.id);
      }
      setTarget(undefined);
    });
  };
  // Without the slots that were loaded for another appointment, and without this appointment's own time.
  const loaded = search.data?.target === target ? (search.data?.slots ?? []) : [];
  const slots = loaded.filter(({ start_date }) => start_date !== target?.appointment.start_date);
  const isEmpty = search.data?.target === target && !search.loading && slots.length === 0;
  return { target, isDragging, busy, error, search, slots, isEmpty, start, stop, startDrag, choose };
}

function useEscape(leave: () => void) {
  useLayoutEffect(() => {
    const pressed = ({ key }: KeyboardEvent) => key === "Escape" && leave();
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

/** Shows the appointment that is rescheduled, with a form for an exact time. The slots are in the calendar below. */
export function ReschedulePanel({ rescheduling: { target, search, isEmpty, stop, choose } }: { rescheduling: Rescheduling }) {
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
  const texts = s.doctor.reschedule;
  const { appointment } = target!;
  const current = inZone(appointment.start_date);
  const exact = async ({ date, time }: Record<string, string>) => choose(toTimestamp(Temporal.PlainDate.from(date!), time!));
  return (
    <section class="card accent">
      <h2 ref={heading} tabIndex={-1}>{texts.title}</h2>
      <p>{texts.of} <bdi class="strong">{appointment.patient_name}</bdi>, <DateTime time={appointment.start_date} /></p>
      <p class="faint">{texts.hint}</p>
      {search.error !== undefined && <LoadError error={search.error} onRetry={search.reload} />}
      {isEmpty && <Empty icon="calendar">{texts.none}</Empty>}
      <Disclosure title={texts.exact}>
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
      </Disclosure>
      <div><Button icon="close" onClick={leave}>{texts.stop}</Button></div>
    </section>
  );
}

/** Why a time could not be booked, with the nearest available times. */
export const RescheduleError = ({ rescheduling: { error, busy, choose } }: { rescheduling: Rescheduling }) => (
  <Refusal error={error} texts={s.doctor.refused} busy={busy} onChoose={choose} />
);
