import { useState } from "preact/hooks";
import { locale, t } from "../language";
import { hrefTo } from "../route";
import { dayOf, offsetsDiffer, deviceZone, formatDate, formatShortDate, formatTime, today, type PlainDate } from "../time";
import { Status } from "../ui/status";
import {
  formatMinuteOfDay, isAhead, minuteOf, timeOffOn, workingHoursOn, type Agenda, type CalendarAppointment, type TimeRange,
} from "./data";
import type { Rescheduling } from "./reschedule";

type DayProps = {
  step: "day" | "week";
  day: PlainDate;
  agenda: Agenda;
  rescheduling: Rescheduling;
  onOpen: (appointment: CalendarAppointment) => void;
};

/** A day of the calendar: working hours, time off and appointments. While one is rescheduled, also the slots for it. */
export function Day({ step, day, agenda, rescheduling, onOpen }: DayProps) {
  const appointments = agenda.appointments.filter(({ start_date }) => dayOf(start_date).equals(day));
  const slots = rescheduling.slots.filter(({ start_date }) => dayOf(start_date).equals(day));
  const off = timeOffOn(agenda, day);
  return (
    <section class="day" aria-label={formatDate(day)}>
      <header>
        {step === "week" && (
          <h2><a href={hrefTo("day", day.toString())} aria-current={day.equals(today()) ? "date" : undefined}>{formatShortDate(day)}</a></h2>
        )}
        <p>{t.doctor.calendar.count(appointments.length)}</p>
        <p class="faint">{workingHoursText(workingHoursOn(agenda, day))}</p>
      </header>
      <div class="column">
        {workingHoursOn(agenda, day).map((hours) => <div key={hours.from} class="working" style={rangeStyle(hours)} />)}
        {off.map(({ id, reason, ...range }) => (
          <p key={id} class="off" style={rangeStyle(range)}>
            <span>{reason ? t.doctor.calendar.timeOffFor(reason) : t.doctor.calendar.timeOff}</span>{" "}
            <span>{rangeText(range)}</span>
          </p>
        ))}
        {appointments.length > 0 && (
          <ol class="appointments" aria-label={t.doctor.calendar.appointments}>
            {appointments.map((appointment) => (
              <Appointment key={appointment.id} {...{ step, day, appointment, rescheduling, onOpen }} />
            ))}
          </ol>
        )}
        {slots.length > 0 && (
          <Slots day={day} starts={slots.map(({ start_date }) => start_date)} rescheduling={rescheduling} />
        )}
      </div>
    </section>
  );
}

const rangeText = ({ from, to }: TimeRange) => t.doctor.calendar.range(formatMinuteOfDay(from), formatMinuteOfDay(to));
const list = new Intl.ListFormat(locale);
const workingHoursText = (hours: TimeRange[]) =>
  hours.length === 0 ? t.doctor.calendar.closed : t.doctor.calendar.works(list.format(hours.map(rangeText)));
const rangeStyle = ({ from, to }: TimeRange) => ({ "--from": from, "--length": to - from });

type AppointmentProps = Omit<DayProps, "agenda"> & { appointment: CalendarAppointment };

/** An appointment. It is a link and not a button, because not all browsers can drag buttons. */
function Appointment({ step, day, appointment, rescheduling, onOpen }: AppointmentProps) {
  const { id, start_date, duration, patient_name, status } = appointment;
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(appointment);
  };
  const startDrag = (event: DragEvent) => {
    event.dataTransfer!.effectAllowed = "move";
    rescheduling.startDrag(appointment);
  };
  const endDrag = (event: DragEvent) => event.dataTransfer!.dropEffect === "none" && rescheduling.stop();
  return (
    <li style={{ "--from": minuteOf(start_date, day), "--length": duration }}>
      <a
        class={`appointment ${status} ${rescheduling.target?.appointment.id === id ? "moving" : ""}`} href={hrefTo("day", day.toString(), id)}
        onClick={open} draggable={step === "week" && isAhead(appointment)} onDragStart={startDrag} onDragEnd={endDrag}
      >
        <span class="time">{formatTime(start_date)}</span>
        <bdi>{patient_name}</bdi>
        <small>{t.ui.minutes(duration)}</small>
        <Status status={status} />
        {offsetsDiffer(start_date) && <small>{t.ui.yourTime(formatTime(start_date, deviceZone()))}</small>}
      </a>
    </li>
  );
}

/**
 * A button for each slot of a day. A click chooses it, and an appointment can be dropped on it. Tab moves to the first
 * one of each day, the arrow keys to the others.
 */
function Slots({ day, starts, rescheduling }: { day: PlainDate; starts: string[]; rescheduling: Rescheduling }) {
  const [over, setOver] = useState<string>();
  const moveFocus = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const here = (event.target as Element).closest("li");
    const next = event.key === "ArrowDown" ? here?.nextElementSibling : here?.previousElementSibling;
    next?.querySelector("button")?.focus();
  };
  const dragOver = (event: DragEvent, start: string) => {
    event.preventDefault();
    event.dataTransfer!.dropEffect = "move";
    setOver(start);
  };
  const drop = (event: DragEvent, start: string) => {
    event.preventDefault();
    rescheduling.choose(start);
  };
  return (
    <ol class="free" aria-label={t.doctor.calendar.freeTimes} onKeyDown={moveFocus}>
      {starts.map((start, index) => (
        <li key={start} style={{ "--from": minuteOf(start, day) }}>
          <button
            type="button" class={over === start ? "over" : undefined} tabIndex={index === 0 ? 0 : -1}
            aria-label={t.doctor.calendar.freeTime(formatTime(start), formatDate(day))}
            aria-disabled={rescheduling.busy} onClick={() => rescheduling.choose(start)}
            onDragOver={(event) => dragOver(event, start)} onDragLeave={() => setOver(undefined)}
            onDrop={(event) => drop(event, start)}
          >
            {formatTime(start)}
          </button>
        </li>
      ))}
    </ol>
  );
}
