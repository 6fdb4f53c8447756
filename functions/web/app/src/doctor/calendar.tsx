import { useEffect, useState } from "preact/hooks";
import { useOwnAccount } from "../account";
import { useClinic } from "../clinic";
import { s } from "../language/staff";
import { goTo } from "../route";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { useArrivals } from "../staff/arrival";
import { appointmentsOn } from "../staff/agenda";
import { reschedule } from "../staff/changes";
import { PrintDays } from "../staff/printed-days";
import { dayOf, formatDate, formatShortDate, today, type PlainDate } from "../time";
import { Segments } from "../ui/button";
import { DatePicker, type Period } from "../ui/date-picker";
import { ErrorMessage } from "../ui/errors";
import { useLiveLoad, type LoadState } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { daysOf, fetchAgenda, type Agenda, type Shown } from "./data";
import { Days } from "./days";
import { historyOf } from "./links";
import { RescheduleError, ReschedulePanel, useRescheduling, type Rescheduled } from "./reschedule";

/** The route of a day or week. That of today is empty. */
const routeOf = (period: Period, day: PlainDate) => (period === "day" && day.equals(today()) ? [] : [period, day.toString()]);

/** About the height of a day of ten hours, in rem. */
const SKELETON = 64;

/** The calendar of a day or week. */
export function CalendarPage({ doctor, period, day, linked }: Shown & { doctor: number }) {
  const days = daysOf(period, day);
  const texts = s.doctor.calendar;
  const title = period === "week" ? texts.week(formatShortDate(days[0]!), formatShortDate(days[6]!)) : formatDate(day);
  useTitle(title);
  const { min_duration } = useClinic();
  const { loaded, opened, setOpened, rescheduling, arrivals, done } = useCalendar({ doctor, period, days, linked });
  return (
    <div class="page">
      <h1>{title}</h1>
      <div class="row between">
        <DatePicker day={day} period={period} onChange={(day) => goTo(...routeOf(period, day))} />
        <div class="row">
          <Segments
            label={texts.view} value={period} options={[["day", texts.showDay], ["week", texts.showWeek]]}
            onChoose={(period) => goTo(...routeOf(period, day))}
          />
          <Print title={title} days={days} loaded={loaded} />
        </div>
      </div>
      <ZoneNote />
      {rescheduling.target && !rescheduling.isDragging && <ReschedulePanel rescheduling={rescheduling} />}
      {rescheduling.error !== undefined && <RescheduleError rescheduling={rescheduling} />}
      <ErrorMessage error={arrivals.error} />
      <WhenLoaded state={loaded} skeleton={<Skeleton height={SKELETON} />}>
        {(agenda) => (
          <Days
            period={period} days={days} agenda={agenda} shortest={min_duration} rescheduling={rescheduling}
            onOpen={({ id }) => setOpened({ id })} actionOf={arrivals.actionOf}
          />
        )}
      </WhenLoaded>
      {opened && (
        <AppointmentDialog
          key={opened.id} {...opened} isOwn historyOf={historyOf} refusals={s.doctor.refused}
          onClose={() => setOpened(undefined)} onDone={done}
          onReschedule={(versioned) => {
            setOpened(undefined);
            rescheduling.start(versioned);
          }}
        />
      )}
    </div>
  );
}

type PrintProps = { title: string; days: PlainDate[]; loaded: LoadState<Agenda> };

function Print({ title, days, loaded: { data, error } }: PrintProps) {
  const account = useOwnAccount();
  const printed = data && data.days.join() === days.join()
    ? days.map((day) => ({ day, appointments: appointmentsOn(data.appointments, day) }))
    : undefined;
  return <PrintDays title={title} doctor={account?.name} days={printed} error={error} />;
}

/** The appointments of the days, the one that is open, and the one that is rescheduled. `done` ends a change. */
function useCalendar({ doctor, period, days, linked }: Omit<Shown, "day"> & { doctor: number; days: PlainDate[] }) {
  const loaded = useLiveLoad(() => fetchAgenda(doctor, days), [doctor, period, days[0]!.toString()]);
  const [opened, setOpened] = useState<{ id: number; isChanged?: boolean }>();
  useEffect(() => {
    if (linked !== undefined) setOpened({ id: linked });
  }, [linked]);
  const done = (text: string, undo?: () => Promise<void>) => {
    setOpened(undefined);
    toast(text, undo);
    loaded.reload();
  };
  const onRescheduled = ({ before, after }: Rescheduled) => {
    const { start_date } = after.appointment;
    if (!days.some((day) => day.equals(dayOf(start_date)))) goTo(...routeOf(period, dayOf(start_date)));
    const undo = async () => {
      await reschedule(after, { start_date: before.start_date });
      done(s.doctor.reschedule.undone(dateTimeText(before.start_date)));
    };
    done(s.doctor.appointment.rescheduled(dateTimeText(start_date)), undo);
  };
  const onStale = (id: number) => {
    setOpened({ id, isChanged: true });
    loaded.reload();
  };
  const rescheduling = useRescheduling({ doctor, days, onRescheduled, onStale });
  return { loaded, opened, setOpened, rescheduling, arrivals: useArrivals(done), done };
}
