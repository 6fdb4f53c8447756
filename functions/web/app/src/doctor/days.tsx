import { t } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import {
  allWorkingHours, appointmentsOn, isAhead, isCancelled, minuteOf, openHoursOn, workingHoursOn, type Appointment,
} from "../staff/agenda";
import { calendarScale, closedText, hoursText, itemsOf, presentMinute } from "../staff/calendar-items";
import { dayOf, formatDate, formatShortDate, formatTime, today, type PlainDate } from "../time";
import { Calendar, type CalendarColumn, type CalendarItem, type ItemAction } from "../ui/calendar";
import type { Period } from "../ui/date-picker";
import { useNow } from "../ui/now";
import type { Agenda } from "./data";
import { hrefOfOwn } from "./links";
import type { Rescheduling } from "./reschedule";

type Props = {
  period: Period;
  days: PlainDate[];
  /** What is loaded, which may still be that of the days before. */
  agenda: Agenda;
  /** The shortest appointment, in minutes. */
  shortest: number;
  rescheduling: Rescheduling;
  onOpen: (appointment: Appointment) => void;
  /** The button of an appointment, in the calendar of one day. */
  actionOf: (appointment: Appointment) => ItemAction | undefined;
};

/** The days of the calendar. While an appointment is rescheduled, with the slots for it in place of the free times. */
export function Days({ period, days, agenda, shortest, rescheduling, onOpen, actionOf }: Props) {
  const now = useNow();
  const { times } = agenda;
  const isLoading = agenda.days.join() !== days.join();
  const all = isLoading ? [] : agenda.appointments;
  const scale = calendarScale([...allWorkingHours(times), ...days.flatMap((day) => workingHoursOn(times, day))], all, days);
  const { target, slots } = rescheduling;
  const columns = days.map((day): CalendarColumn => {
    const working = workingHoursOn(times, day);
    const appointments = appointmentsOn(all, day);
    const count = appointments.filter((one) => !isCancelled(one) && dayOf(one.start_date).equals(day)).length;
    const items = itemsOf({
      appointments, times, day, now, shortest, scale, withGaps: !isLoading && !target, hrefOf: hrefOfOwn, onOpen,
      more: (appointment) => ({
        ...moveOf(appointment, period, rescheduling),
        action: period === "day" && !target ? actionOf(appointment) : undefined,
      }),
    });
    const starts = slots.map(({ start_date }) => start_date).filter((start) => dayOf(start).equals(day));
    return {
      key: day.toString(), label: formatDate(day), working, now: presentMinute(now, day),
      items: [...items, ...starts.map((start) => slotItem(start, day, rescheduling))].toSorted((one, other) => one.from - other.from),
      link: period === "week" ? linkTo(day) : undefined,
      head: (
        <>
          <span>{isLoading ? "\u2026" : t.appointment.count(count)}</span>
          <span class="faint"><bdi>{closedText(times, day) ?? hoursText(openHoursOn(times, day).hours)}</bdi></span>
        </>
      ),
    };
  });
  return <Calendar label={s.doctor.calendar.label} columns={columns} scale={scale} isLoading={isLoading} />;
}

const linkTo = (day: PlainDate) => ({ href: hrefTo("day", day.toString()), text: formatShortDate(day), isCurrent: day.equals(today()) });

/** How an appointment can be moved: it can be dragged in a week. While one is moved, the keyboard reaches only the slots. */
function moveOf(appointment: Appointment, period: Period, { target, slots, startDrag, stop }: Rescheduling): Partial<CalendarItem> {
  const canDrag = period === "week" && isAhead(appointment);
  return {
    isMoving: target?.appointment.id === appointment.id, isSkipped: target !== undefined && slots.length > 0,
    drag: canDrag ? { onStart: () => startDrag(appointment.id), onEnd: stop } : undefined,
  };
}

/** The height of a slot's button, in minutes. */
const SLOT_LENGTH = 15;

function slotItem(start: string, day: PlainDate, { busy, choose }: Rescheduling): CalendarItem {
  const from = minuteOf(start, day);
  return {
    key: `slot-${start}`, kind: "slot", from, to: from + SLOT_LENGTH, children: formatTime(start),
    label: s.doctor.calendar.freeTime(formatTime(start), formatDate(day)), isBusy: busy, onOpen: () => choose(start), onDrop: () => choose(start),
  };
}
