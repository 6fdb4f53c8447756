import { useEffect, useState } from "preact/hooks";
import { useClinic } from "../clinic";
import { s } from "../language/staff";
import { goTo } from "../route";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { reschedule } from "../staff/changes";
import { dayOf, formatDate, formatShortDate, today, type PlainDate } from "../time";
import { Segments } from "../ui/button";
import { DatePicker } from "../ui/date-picker";
import { useLiveLoad } from "../ui/load";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { daysOf, fetchAgenda, type Step } from "./data";
import { Days } from "./days";
import { historyOf } from "./links";
import { RescheduleError, ReschedulePanel, useRescheduling, type Rescheduled } from "./reschedule";

/** The route of a day or week. That of today is empty. */
const routeOf = (step: Step, day: PlainDate) => (step === "day" && day.equals(today()) ? [] : [step, day.toString()]);

/** The calendar of a day or week. `linked` is the id of an appointment that opens at once. */
export function CalendarPage({ doctor, step, day, linked }: { doctor: number; step: Step; day: PlainDate; linked: number }) {
  const days = daysOf(step, day);
  const texts = s.doctor.calendar;
  const title = step === "week" ? texts.week(formatShortDate(days[0]!), formatShortDate(days[6]!)) : formatDate(day);
  useTitle(title);
  const { min_duration } = useClinic();
  const loaded = useLiveLoad(() => fetchAgenda(doctor, days), [doctor, step, days[0]!.toString()]);
  const [opened, open] = useState<{ id: number; isChanged?: boolean }>();
  useEffect(() => {
    if (linked) open({ id: linked });
  }, [linked]);

  const done = (text: string, undo?: () => Promise<void>) => {
    open(undefined);
    toast(text, undo);
    loaded.reload();
  };
  const rescheduled = ({ before, after }: Rescheduled) => {
    const { start_date } = after.appointment;
    if (!days.some((day) => day.equals(dayOf(start_date)))) goTo(...routeOf(step, dayOf(start_date)));
    const undo = async () => {
      await reschedule(after, { start_date: before.start_date });
      done(s.doctor.reschedule.undone(dateTimeText(before.start_date)));
    };
    done(s.doctor.appointment.rescheduled(dateTimeText(start_date)), undo);
  };
  const changedByOther = (id: number) => {
    open({ id, isChanged: true });
    loaded.reload();
  };
  const rescheduling = useRescheduling({ doctor, days, onRescheduled: rescheduled, onStale: changedByOther });
  return (
    <div class="page">
      <h1>{title}</h1>
      <div class="row between">
        <DatePicker day={day} step={step} onChange={(day) => goTo(...routeOf(step, day))} />
        <Segments
          label={texts.view} value={step} options={[["day", texts.showDay], ["week", texts.showWeek]]}
          onChoose={(step) => goTo(...routeOf(step, day))}
        />
      </div>
      <ZoneNote />
      {rescheduling.target && !rescheduling.isDragging && <ReschedulePanel rescheduling={rescheduling} />}
      {rescheduling.error !== undefined && <RescheduleError rescheduling={rescheduling} />}
      <WhenLoaded state={loaded} skeleton={<Skeleton height={SKELETON} />}>
        {(agenda) => (
          <Days
            step={step} days={days} agenda={agenda} shortest={min_duration} rescheduling={rescheduling}
            onOpen={({ id }) => open({ id })}
          />
        )}
      </WhenLoaded>
      {opened && (
        <AppointmentDialog
          key={opened.id} {...opened} isOwn historyOf={historyOf} refusals={s.doctor.refused}
          onClose={() => open(undefined)} onDone={done}
          onReschedule={(versioned) => {
            open(undefined);
            rescheduling.start(versioned);
          }}
        />
      )}
    </div>
  );
}

/** About the height of a day of ten hours, in rem. */
const SKELETON = 64;
