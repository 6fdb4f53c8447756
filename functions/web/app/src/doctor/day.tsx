import { useState } from "preact/hooks";
import { locale, t } from "../language";
import { to } from "../route";
import { dayOf, differs, phoneZone, showDate, showDay, showTime, today, type PlainDate } from "../time";
import { Status } from "../ui/status";
import { hoursOn, isAhead, minuteOf, showMinute, timeOffOn, type Agenda, type Booked, type Stretch } from "./data";
import type { Mover } from "./move";

type DayProps = { step: "day" | "week"; day: PlainDate; agenda: Agenda; mover: Mover; onOpen: (booked: Booked) => void };

/** A day's appointments; with the free times while one is being moved. */
export function Day({ step, day, agenda, mover, onOpen }: DayProps) {
  const appointments = agenda.appointments.filter(({ start_date }) => dayOf(start_date).equals(day));
  const free = mover.free.filter(({ start_date }) => dayOf(start_date).equals(day));
  const off = timeOffOn(agenda, day);
  return (
    <section class="day" aria-label={showDate(day)}>
      <header>
        {step === "week" && (
          <h2><a href={to("day", day.toString())} aria-current={day.equals(today()) ? "date" : undefined}>{showDay(day)}</a></h2>
        )}
        <p>{t.doctor.calendar.count(appointments.length)}</p>
        <p class="faint">{works(hoursOn(agenda, day))}</p>
      </header>
      <div class="column">
        {hoursOn(agenda, day).map((stretch) => <div key={stretch.from} class="working" style={stretchStyle(stretch)} />)}
        {off.map(({ id, reason, ...stretch }) => (
          <p key={id} class="off" style={stretchStyle(stretch)}>
            <span>{reason ? t.doctor.calendar.timeOffFor(reason) : t.doctor.calendar.timeOff}</span>{" "}
            <span>{range(stretch)}</span>
          </p>
        ))}
        {appointments.length > 0 && (
          <ol class="appointments" aria-label={t.doctor.calendar.appointments}>
            {appointments.map((booked) => <Appointment key={booked.id} {...{ step, day, booked, mover, onOpen }} />)}
          </ol>
        )}
        {free.length > 0 && <FreeTimes day={day} starts={free.map(({ start_date }) => start_date)} mover={mover} />}
      </div>
    </section>
  );
}

const range = ({ from, to }: Stretch) => t.doctor.calendar.range(showMinute(from), showMinute(to));
const list = new Intl.ListFormat(locale);
const works = (stretches: Stretch[]) =>
  stretches.length === 0 ? t.doctor.calendar.closed : t.doctor.calendar.works(list.format(stretches.map(range)));
const stretchStyle = ({ from, to }: Stretch) => ({ "--from": from, "--length": to - from });

type AppointmentProps = Omit<DayProps, "agenda"> & { booked: Booked };

/** A link, since browsers let buttons be dragged less well. */
function Appointment({ step, day, booked, mover, onOpen }: AppointmentProps) {
  const { id, start_date, duration, patient_name, status } = booked;
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(booked);
  };
  const lift = (event: DragEvent) => {
    event.dataTransfer!.effectAllowed = "move";
    mover.lift(booked);
  };
  const release = (event: DragEvent) => event.dataTransfer!.dropEffect === "none" && mover.stop();
  return (
    <li style={{ "--from": minuteOf(start_date, day), "--length": duration }}>
      <a
        class={`appointment ${status} ${mover.moving?.booked.id === id ? "moving" : ""}`} href={to("day", day.toString(), id)}
        onClick={open} draggable={step === "week" && isAhead(booked)} onDragStart={lift} onDragEnd={release}
      >
        <span class="time">{showTime(start_date)}</span>
        <bdi>{patient_name}</bdi>
        <small>{t.ui.minutes(duration)}</small>
        <Status of={status} />
        {differs(start_date) && <small>{t.ui.yourTime(showTime(start_date, phoneZone()))}</small>}
      </a>
    </li>
  );
}

/** Buttons to choose a time with, and to drop an appointment on. One Tab a day: the arrow keys go on from there. */
function FreeTimes({ day, starts, mover }: { day: PlainDate; starts: string[]; mover: Mover }) {
  const [over, setOver] = useState<string>();
  const step = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const here = (event.target as Element).closest("li");
    const next = event.key === "ArrowDown" ? here?.nextElementSibling : here?.previousElementSibling;
    next?.querySelector("button")?.focus();
  };
  const hover = (event: DragEvent, start: string) => {
    event.preventDefault();
    event.dataTransfer!.dropEffect = "move";
    setOver(start);
  };
  const drop = (event: DragEvent, start: string) => {
    event.preventDefault();
    mover.choose(start);
  };
  return (
    <ol class="free" aria-label={t.doctor.calendar.freeTimes} onKeyDown={step}>
      {starts.map((start, index) => (
        <li key={start} style={{ "--from": minuteOf(start, day) }}>
          <button
            type="button" class={over === start ? "over" : undefined} tabIndex={index === 0 ? 0 : -1}
            aria-label={t.doctor.calendar.freeTime(showTime(start), showDate(day))}
            aria-disabled={mover.busy} onClick={() => mover.choose(start)}
            onDragOver={(event) => hover(event, start)} onDragLeave={() => setOver(undefined)}
            onDrop={(event) => drop(event, start)}
          >
            {showTime(start)}
          </button>
        </li>
      ))}
    </ol>
  );
}
