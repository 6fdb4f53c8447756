import { useEffect, useState } from "preact/hooks";
import { t } from "../language";
import { goTo, hrefTo } from "../route";
import { clinicZone, dayOf, formatDate, formatShortDate, formatDateTime, today, weekOf, type PlainDate } from "../time";
import { DayPicker } from "../ui/days";
import { WhenLoaded, useLoad } from "../ui/load";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment-dialog";
import { fetchAgenda, formatMinuteOfDay, reschedule, shownRange, type Agenda, type CalendarAppointment } from "./data";
import { Day } from "./day";
import { RescheduleError, ReschedulePanel, useRescheduling, type Rescheduled, type Rescheduling } from "./reschedule";
import { SuccessMessage, type Message } from "./success-message";

type Step = "day" | "week";

/** The route of a day or week. That of today is empty. */
const routeOf = (step: Step, day: PlainDate) => (step === "day" && day.equals(today()) ? [] : [step, day.toString()]);

/** The calendar of a day or week. `linked` is the id of an appointment that opens at once. */
export function CalendarPage({ doctor, step, day, linked }: { doctor: number; step: Step; day: PlainDate; linked: number }) {
  const days = step === "week" ? weekOf(day) : [day];
  const title = step === "week" ? t.doctor.calendar.week(formatShortDate(days[0]!), formatShortDate(days[6]!)) : formatDate(day);
  useTitle(title);
  const loaded = useLoad(() => fetchAgenda(doctor, days), [doctor, step, day.toString()]);
  const [opened, open] = useState<{ appointment: CalendarAppointment; isChanged?: boolean }>();
  const [message, setMessage] = useState<Message>();
  useReloadOnReturn(loaded.reload);
  useEffect(() => {
    const appointment = loaded.data?.appointments.find(({ id }) => id === linked);
    if (appointment) open({ appointment });
  }, [linked, loaded.data?.days.join()]);

  const done = (message: Message) => {
    open(undefined);
    setMessage(message);
    loaded.reload();
  };
  const rescheduled = ({ before, after }: Rescheduled) => {
    const { start_date } = after.appointment;
    const undo = async () => {
      await reschedule(after, before.start_date);
      done({ text: t.doctor.reschedule.undone(formatDateTime(before.start_date)) });
    };
    done({ text: t.doctor.reschedule.rescheduled(formatDateTime(start_date)), undo });
    if (!days.some((day) => day.equals(dayOf(start_date)))) goTo(...routeOf(step, dayOf(start_date)));
  };
  const changedByOther = (appointment: CalendarAppointment) => {
    open({ appointment, isChanged: true });
    loaded.reload();
  };
  const rescheduling = useRescheduling({ doctor, days, onRescheduled: rescheduled, onStale: changedByOther });
  // The next action hides the message of the previous one, which would cover a part of the calendar.
  const show = (appointment: CalendarAppointment) => {
    setMessage(undefined);
    open({ appointment });
  };
  const startDrag = (appointment: CalendarAppointment) => {
    setMessage(undefined);
    rescheduling.startDrag(appointment);
  };
  return (
    <>
      <h1>{title}</h1>
      <Tools step={step} day={day} onRefresh={() => done({ text: t.doctor.calendar.refreshed })} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      {rescheduling.target && !rescheduling.isDragging && <ReschedulePanel rescheduling={rescheduling} />}
      <RescheduleError error={rescheduling.error} onChoose={rescheduling.target && rescheduling.choose} />
      <WhenLoaded state={loaded}>
        {(agenda) => <Days step={step} agenda={agenda} rescheduling={{ ...rescheduling, startDrag }} onOpen={show} />}
      </WhenLoaded>
      <SuccessMessage message={message} />
      {opened && (
        <AppointmentDialog
          key={opened.appointment.id} {...opened}
          onClose={() => open(undefined)} onDone={(text) => done({ text })} onStale={loaded.reload}
          onReschedule={(versioned) => {
            open(undefined);
            rescheduling.start({ appointment: opened.appointment, versioned });
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
      <DayPicker day={day} step={step} onChange={(day) => goTo(...routeOf(step, day))} />
      <a class="button" href={hrefTo(...routeOf(other, day))}>
        {step === "day" ? t.doctor.calendar.showWeek : t.doctor.calendar.showDay}
      </a>
      <button type="button" onClick={onRefresh}>{t.doctor.calendar.refresh}</button>
    </div>
  );
}

type DaysProps = {
  step: Step;
  agenda: Agenda;
  rescheduling: Rescheduling;
  onOpen: (appointment: CalendarAppointment) => void;
};

/** The days of the calendar. On a wide screen, the days of a week are columns along an axis of hours. */
function Days({ step, agenda, rescheduling, onOpen }: DaysProps) {
  const { from, to } = shownRange(agenda);
  const hours = Array.from({ length: (to - from) / 60 + 1 }, (_, hour) => from + hour * 60);
  return (
    <div class={`calendar ${step}`} style={{ "--first": from, "--last": to }}>
      <div class="axis" aria-hidden="true">
        {hours.map((minute) => <span key={minute} style={{ "--from": minute }}>{formatMinuteOfDay(minute)}</span>)}
      </div>
      {agenda.days.map((day) => <Day key={day.toString()} {...{ step, day, agenda, rescheduling, onOpen }} />)}
    </div>
  );
}

/** Loads the calendar again when the user returns to the tab. */
function useReloadOnReturn(reload: () => void) {
  useEffect(() => {
    const returned = () => document.visibilityState === "visible" && reload();
    document.addEventListener("visibilitychange", returned);
    return () => document.removeEventListener("visibilitychange", returned);
  }, [reload]);
}
