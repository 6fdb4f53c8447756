import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Refused, type Schemas } from "../api/client";
import { t } from "../language";
import { at, inZone, Temporal, today, type PlainDate } from "../time";
import { Field, Form } from "../ui/form";
import { Failure, Show, useAction, useLoad, type Loaded } from "../ui/load";
import { hold, isStale, reschedule, timesFor, type Booked, type Held } from "./data";
import { When } from "./when";

type Moving = { booked: Booked; held: Held };
export type Moved = { before: Schemas["Appointment"]; after: Held };
/** The choice of a new time for an appointment, where there is one to be made. */
export type Mover = ReturnType<typeof useMove>;

export function useMove({ doctor, days, onMoved, onStale }: {
  doctor: number;
  days: PlainDate[];
  onMoved: (moved: Moved) => void;
  /** It was changed by somebody else meanwhile. */
  onStale: (booked: Booked) => void;
}) {
  const [moving, setMoving] = useState<Moving>();
  const [dragging, setDragging] = useState(false);
  const lifted = useRef<Booked | undefined>(undefined);
  const { busy, error, run, clear } = useAction();
  const search = useLoad(
    async () => moving && { of: moving, times: await timesFor(moving.booked.id, doctor, days) },
    [moving, days.join()],
  );
  const start = (moving: Moving) => {
    clear();
    setMoving(moving);
  };
  const stop = () => {
    lifted.current = undefined;
    clear();
    setDragging(false);
    setMoving(undefined);
  };
  /** Picks an appointment up with the pointer, unless it is let go before it is read. */
  const lift = (booked: Booked) => {
    lifted.current = booked;
    setDragging(true);
    void run(async () => {
      const held = await hold(booked.id);
      if (lifted.current === booked) setMoving({ booked, held });
    });
  };
  const choose = (time: string) => {
    setDragging(false);
    if (!moving) return;
    void run(async () => {
      try {
        const after = await reschedule(moving.held, time);
        onMoved({ before: moving.held.appointment, after });
      } catch (error) {
        if (!isStale(error)) throw error;
        onStale(moving.booked);
      }
      setMoving(undefined);
    });
  };
  // What was found for another appointment is not shown, nor where this one is already.
  const found = search.data?.of === moving ? (search.data?.times ?? []) : [];
  const free = found.filter(({ start_date }) => start_date !== moving?.held.appointment.start_date);
  return { moving, dragging, busy, error, search, free, start, stop, lift, choose };
}

function useEscape(leave: () => void) {
  useLayoutEffect(() => {
    const pressed = ({ key }: KeyboardEvent) => key === "Escape" && leave();
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

/** What is moved, and where to: to one of the free times in the calendar, or to an exact time. */
export function MovePanel({ mover: { moving, search, stop, choose } }: { mover: Mover }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef<Element | null>(null);
  // After the dialog that led here has given the focus back.
  useEffect(() => {
    before.current = document.activeElement;
    heading.current?.focus();
  }, []);
  const leave = () => {
    stop();
    (before.current as HTMLElement | null)?.focus();
  };
  useEscape(leave);
  const texts = t.doctor.move;
  const { booked, held } = moving!;
  const now = inZone(held.appointment.start_date);
  const exact = async ({ date, time }: Record<string, string>) => choose(at(Temporal.PlainDate.from(date!), time!));
  return (
    <section class="notice moves">
      <h2 ref={heading} tabIndex={-1}>{texts.title}</h2>
      <p>{texts.of} <bdi>{booked.patient_name}</bdi>, <When time={held.appointment.start_date} /></p>
      <p>{texts.hint}</p>
      <Show of={search as Loaded<Mover["search"]["data"]>}>
        {(found) => found?.times.length === 0 && <p class="empty">{texts.none}</p>}
      </Show>
      <Form class="row" submit={texts.submit} onSubmit={exact} aria-label={texts.exact}>
        <Field
          label={texts.date} name="date" type="date" required
          min={today().toString()} defaultValue={now.toPlainDate().toString()}
        />
        <Field
          label={texts.time} name="time" type="time" required
          defaultValue={now.toPlainTime().toString({ smallestUnit: "minute" })}
        />
      </Form>
      <button type="button" onClick={leave}>{texts.stop}</button>
    </section>
  );
}

/** Why a move was refused, and where to instead. */
export function Refusal({ of, onChoose }: { of: unknown; onChoose: ((start: string) => void) | undefined }) {
  const problem = of instanceof Refused ? of.problem : undefined;
  const own = of instanceof Refused ? t.doctor.refused[of.kind] : undefined;
  const alternatives = problem?.alternatives ?? [];
  return (
    <>
      {own ? <div class="notice bad" role="alert"><p>{own}</p></div> : <Failure of={of} />}
      {onChoose && alternatives.length > 0 && (
        <section class="alternatives">
          <h2>{t.doctor.move.alternatives}</h2>
          <ul class="row">
            {alternatives.map(({ start_date }) => (
              <li key={start_date}>
                <button type="button" onClick={() => onChoose(start_date)}><When time={start_date} /></button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
