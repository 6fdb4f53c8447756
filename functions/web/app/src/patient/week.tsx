import { useId } from "preact/hooks";
import { dataOf, GET } from "../api/client";
import { formatNumber, t } from "../language";
import { dayOf, formatShortDate, weekOf, type PlainDate } from "../time";
import { WhenLoaded, useLoad } from "../ui/load";
import { TimeOfDay } from "./date-time";
import { DAYS_AHEAD, type Slot } from "./policy";

type Props = {
  doctor: number;
  duration: number;
  day: PlainDate;
  /** The doctor's first slot, for a button that opens its week if this week has none. */
  first: Slot | null;
  /** The week loads again when this number changes. */
  reloads: number;
  onDay: (day: PlainDate) => void;
  onChoose: (slot: Slot) => void;
};

/** The slots of a week. Wide screens show all days side by side, narrow ones only the chosen day. */
export function Week({ doctor, duration, day, first, reloads, onDay, onChoose }: Props) {
  const days = weekOf(day);
  const monday = days[0]!.toString();
  const slots = useLoad(() => {
    const params = { path: { doctor_id: doctor }, query: { date: monday, days: 7, duration } };
    return dataOf(GET("/doctors/{doctor_id}/availability", { params }));
  }, [monday, duration, reloads]);
  const summary = (count: number) => (count ? t.patient.week.count(count) : t.patient.week.none);
  return (
    <>
      <p class="faint" role="status">{slots.data && summary(slots.data.length)}</p>
      <WhenLoaded state={slots}>
        {(slots) => {
          // The API returns the timestamps in the clinic's time zone, so each starts with its date.
          const slotsOn = (day: PlainDate) => slots.filter(({ start_date }) => start_date.startsWith(day.toString()));
          const byDay = days.map((day) => [day, slotsOn(day)] as const);
          if (slots.length === 0) return <NoSlots first={first} onDay={onDay} />;
          return (
            <>
              <div class="free-days" role="group" aria-label={t.patient.week.days}>
                {byDay.map(([one, { length }]) => (
                  <button key={one.toString()} type="button" aria-pressed={one.equals(day)} onClick={() => onDay(one)}>
                    {formatShortDate(one)}<small>{t.patient.week.free(length)}</small>
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
      </WhenLoaded>
    </>
  );
}

type DayProps = { day: PlainDate; slots: Slot[]; isChosen: boolean; onChoose: (slot: Slot) => void };

function Day({ day, slots, isChosen, onChoose }: DayProps) {
  const id = useId();
  return (
    <section class={isChosen ? "chosen" : undefined} aria-labelledby={id}>
      <h3 id={id}>{formatShortDate(day)}</h3>
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

/** A button that opens the week of the first slot. */
function NoSlots({ first, onDay }: { first: Slot | null; onDay: (day: PlainDate) => void }) {
  if (!first) return <p class="empty">{t.patient.noneFree(formatNumber(DAYS_AHEAD))}</p>;
  const day = dayOf(first.start_date);
  return <p><button type="button" onClick={() => onDay(day)}>{t.patient.week.toFirst(formatShortDate(day))}</button></p>;
}
