import { useEffect, useState } from "preact/hooks";
import { t } from "../language";
import { go, to } from "../route";
import { clinicZone, dayOf, showDate, showDay, showMoment, today, week, type PlainDate } from "../time";
import { DayPicker } from "../ui/days";
import { Show, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment";
import { agenda, hoursShown, reschedule, showMinute, type Agenda, type Booked } from "./data";
import { Day } from "./day";
import { MovePanel, Refusal, useMove, type Mover, type Moved } from "./move";
import { Said, type Announcement } from "./said";

type Step = "day" | "week";

const place = (step: Step, day: PlainDate) => (step === "day" && day.equals(today()) ? [] : [step, day.toString()]);

/** A day or a week of the doctor's, with all that is done to its appointments; `linked` is one to open at once. */
export function CalendarPage({ doctor, step, day, linked }: { doctor: number; step: Step; day: PlainDate; linked: number }) {
  const days = step === "week" ? week(day) : [day];
  const title = step === "week" ? t.doctor.calendar.week(showDay(days[0]!), showDay(days[6]!)) : showDate(day);
  useTitle(title);
  const loaded = useLoad(() => agenda(doctor, days), [doctor, step, day.toString()]);
  const [opened, open] = useState<{ booked: Booked; changed?: boolean }>();
  const [said, say] = useState<Announcement>();
  useReturn(loaded.reload);
  useEffect(() => {
    const booked = loaded.data?.appointments.find(({ id }) => id === linked);
    if (booked) open({ booked });
  }, [linked, loaded.data?.days.join()]);

  const done = (announcement: Announcement) => {
    open(undefined);
    say(announcement);
    loaded.reload();
  };
  const moved = ({ before, after }: Moved) => {
    const { start_date } = after.appointment;
    const undo = async () => {
      await reschedule(after, before.start_date);
      done({ text: t.doctor.move.undone(showMoment(before.start_date)) });
    };
    done({ text: t.doctor.move.moved(showMoment(start_date)), undo });
    if (!days.some((day) => day.equals(dayOf(start_date)))) go(...place(step, dayOf(start_date)));
  };
  const changed = (booked: Booked) => {
    open({ booked, changed: true });
    loaded.reload();
  };
  const move = useMove({ doctor, days, onMoved: moved, onStale: changed });
  // What was said before is done with: it stands in the way of what is next.
  const show = (booked: Booked) => {
    say(undefined);
    open({ booked });
  };
  const lift = (booked: Booked) => {
    say(undefined);
    move.lift(booked);
  };
  return (
    <>
      <h1>{title}</h1>
      <Tools step={step} day={day} onRefresh={() => done({ text: t.doctor.calendar.refreshed })} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      {move.moving && !move.dragging && <MovePanel mover={move} />}
      <Refusal of={move.error} onChoose={move.moving && move.choose} />
      <Show of={loaded}>
        {(agenda) => <Days step={step} agenda={agenda} mover={{ ...move, lift }} onOpen={show} />}
      </Show>
      <Said of={said} />
      {opened && (
        <AppointmentDialog
          key={opened.booked.id} {...opened}
          onClose={() => open(undefined)} onDone={(text) => done({ text })} onStale={loaded.reload}
          onMove={(held) => {
            open(undefined);
            move.start({ booked: opened.booked, held });
          }}
        />
      )}
    </>
  );
}

function Tools({ step, day, onRefresh }: { step: Step; day: PlainDate; onRefresh: () => void }) {
  const other = step === "day" ? "week" : "day";
  return (
    <div class="row tools">
      <DayPicker day={day} step={step} onChange={(day) => go(...place(step, day))} />
      <a class="button" href={to(...place(other, day))}>
        {step === "day" ? t.doctor.calendar.showWeek : t.doctor.calendar.showDay}
      </a>
      <button type="button" onClick={onRefresh}>{t.doctor.calendar.refresh}</button>
    </div>
  );
}

type DaysProps = { step: Step; agenda: Agenda; mover: Mover; onOpen: (booked: Booked) => void };

/** The days: one below the other, and those of a week beside each other where there is room, along an axis of hours. */
function Days({ step, agenda, mover, onOpen }: DaysProps) {
  const { from, to } = hoursShown(agenda);
  const hours = Array.from({ length: (to - from) / 60 + 1 }, (_, hour) => from + hour * 60);
  return (
    <div class={`calendar ${step}`} style={{ "--first": from, "--last": to }}>
      <div class="axis" aria-hidden="true">
        {hours.map((minute) => <span key={minute} style={{ "--from": minute }}>{showMinute(minute)}</span>)}
      </div>
      {agenda.days.map((day) => <Day key={day.toString()} {...{ step, day, agenda, mover, onOpen }} />)}
    </div>
  );
}

/** Loads again when the reader comes back to the tab. */
function useReturn(reload: () => void) {
  useEffect(() => {
    const seen = () => document.visibilityState === "visible" && reload();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [reload]);
}
