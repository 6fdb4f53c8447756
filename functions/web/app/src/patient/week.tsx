import { useId } from "preact/hooks";
import { answer, GET } from "../api/client";
import { showNumber, t } from "../language";
import { dayOf, showDay, week, type PlainDate } from "../time";
import { Show, useLoad } from "../ui/load";
import { TimeOfDay } from "./moment";
import { DAYS_AHEAD, type Slot } from "./policy";

type Props = {
  doctor: number;
  duration: number;
  day: PlainDate;
  /** The doctor's first free time, to go to where this week has none. */
  first: Slot | null;
  /** Another number loads the week anew. */
  round: number;
  onDay: (day: PlainDate) => void;
  onChoose: (slot: Slot) => void;
};

/** The free times of a day's week: all days side by side where there is room, else the day's own. */
export function Week({ doctor, duration, day, first, round, onDay, onChoose }: Props) {
  const days = week(day);
  const monday = days[0]!.toString();
  const times = useLoad(() => {
    const params = { path: { doctor_id: doctor }, query: { date: monday, days: 7, duration } };
    return answer(GET("/doctors/{doctor_id}/availability", { params }));
  }, [monday, duration, round]);
  const summary = (count: number) => (count ? t.patient.week.count(count) : t.patient.week.none);
  return (
    <>
      <p class="faint" role="status">{times.data && summary(times.data.length)}</p>
      <Show of={times}>
        {(slots) => {
          // They are in the clinic's zone, and so start with its day.
          const of = (day: PlainDate) => slots.filter(({ start_date }) => start_date.startsWith(day.toString()));
          const byDay = days.map((day) => [day, of(day)] as const);
          if (slots.length === 0) return <NoTimes first={first} onDay={onDay} />;
          return (
            <>
              <div class="free-days" role="group" aria-label={t.patient.week.days}>
                {byDay.map(([one, { length }]) => (
                  <button key={one.toString()} type="button" aria-pressed={one.equals(day)} onClick={() => onDay(one)}>
                    {showDay(one)}<small>{t.patient.week.free(length)}</small>
                  </button>
                ))}
              </div>
              <div class="free-week">
                {byDay.map(([one, slots]) => (
                  <Day key={one.toString()} day={one} slots={slots} isChosen={one.equals(day)} onChoose={onChoose} />
                ))}
              </div>
            </>
          );
        }}
      </Show>
    </>
  );
}

type DayProps = { day: PlainDate; slots: Slot[]; isChosen: boolean; onChoose: (slot: Slot) => void };

function Day({ day, slots, isChosen, onChoose }: DayProps) {
  const id = useId();
  return (
    <section class={isChosen ? "chosen" : undefined} aria-labelledby={id}>
      <h3 id={id}>{showDay(day)}</h3>
      {slots.length === 0 && <p class="faint">{t.patient.week.noneThisDay}</p>}
      <ul class="times">
        {slots.map((slot) => (
          <li key={slot.start_date}>
            <button type="button" onClick={() => onChoose(slot)}><TimeOfDay time={slot.start_date} /></button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Where to go from a week without free times. */
function NoTimes({ first, onDay }: { first: Slot | null; onDay: (day: PlainDate) => void }) {
  if (!first) return <p class="empty">{t.patient.noneFree(showNumber(DAYS_AHEAD))}</p>;
  const day = dayOf(first.start_date);
  return <p><button type="button" onClick={() => onDay(day)}>{t.patient.week.toFirst(showDay(day))}</button></p>;
}
