import { useEffect, useState } from "preact/hooks";
import { closureText } from "../closure-text";
import type { Closure } from "../closures";
import { t } from "../language";
import { dayOf, formatDate, formatShortDate, parseDate, Temporal, today, toTimestamp, type PlainDate } from "../time";
import { Button, IconButton } from "../ui/button";
import { DayStrip } from "../ui/day-strip";
import { ErrorMessage } from "../ui/errors";
import { Field } from "../ui/field";
import { useFocus } from "../ui/focus";
import { useAction, useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { Empty, Skeleton, WhenLoaded } from "../ui/states";
import { TimeGrid } from "../ui/time-grid";
import { ZoneNote } from "../ui/time";
import { DAYS_SHOWN, fetchDays, fetchFirstSlot, type Slot, type SlotQuery } from "./data";

type Props = SlotQuery & {
  /** The start of the chosen slot. */
  chosen?: string | undefined;
  /** The slots load again when this number changes. */
  reloads?: number;
  /** Called when slots are shown. What follows the picker can then be shown, and does not move. */
  onLoad?: () => void;
  onChoose: (slot: Slot) => void;
};

/** Chooses a slot of a doctor: first a day, from today on, then a time. Days without slots cannot be chosen. */
export function SlotPicker({ chosen, ...props }: Props) {
  const earliest = today();
  const chosenDay = chosen === undefined ? undefined : dayOf(chosen);
  const isShown = chosenDay === undefined || chosenDay.since(earliest).days < DAYS_SHOWN;
  const [from, setFrom] = useState(isShown ? earliest : chosenDay);
  const [day, setDay] = useState(chosenDay);
  const show = (day: PlainDate | undefined, from: PlainDate) => {
    setDay(day);
    setFrom(from.since(earliest).sign < 0 ? earliest : from);
  };
  const jump = (text: string) => {
    const date = parseDate(text);
    if (date && date.year >= earliest.year) show(date, date);
  };
  return (
    <div class="section">
      <div class="row between">
        <div class="row date-picker">
          <IconButton icon="previous" label={t.slots.earlier} onClick={() => show(undefined, from.subtract({ days: DAYS_SHOWN }))} />
          <span class="strong grow">{t.slots.range(formatShortDate(from), formatShortDate(from.add({ days: DAYS_SHOWN - 1 })))}</span>
          <IconButton icon="next" label={t.slots.later} onClick={() => show(undefined, from.add({ days: DAYS_SHOWN }))} />
        </div>
        <Field
          label={t.ui.date} type="date" min={earliest.toString()} value={(day ?? from).toString()}
          onChange={(event) => jump(event.currentTarget.value)}
        />
      </div>
      <ZoneNote />
      {/* Keyed, so that it never offers the slots of other days, of another kind of appointment or of another patient. */}
      <Days
        key={`${props.doctor} ${props.duration} ${props.type_id} ${props.patient_id} ${from}`} {...props} chosen={chosen} from={from} day={day} onDay={setDay}
        onJump={(day) => show(day, day.since(from).days < DAYS_SHOWN ? from : day)}
      />
    </div>
  );
}

type DaysProps = Props & {
  from: PlainDate;
  day: PlainDate | undefined;
  onDay: (day: PlainDate) => void;
  onJump: (day: PlainDate) => void;
};

function Days({ chosen, reloads = 0, onLoad, onChoose, from, day, onDay, onJump, ...query }: DaysProps) {
  const loaded = useLoad(() => fetchDays(query, from), [reloads]);
  useEffect(() => {
    if (!loaded.loading) onLoad?.();
  }, [loaded.loading]);
  return (
    <WhenLoaded state={loaded} skeleton={<><Skeleton height={6} /><Skeleton height={26} /></>}>
      {({ slots, closures }) => {
        const days = Array.from({ length: DAYS_SHOWN }, (_, index) => from.add({ days: index }));
        // The API returns the timestamps in the clinic's time zone, so each starts with its date.
        const slotsOn = (day: PlainDate) => slots.filter(({ start_date }) => start_date.startsWith(day.toString()));
        const free = days.filter((day) => slotsOn(day).length > 0);
        const shown = day ?? free[0];
        const next = free.find((other) => shown && other.since(shown).sign > 0);
        const [first, last] = [toTimestamp(from, "00:00"), toTimestamp(from.add({ days: DAYS_SHOWN }), "00:00")];
        const isShown = ({ start_date, end_date }: Closure) =>
          Temporal.Instant.compare(start_date, last) < 0 && Temporal.Instant.compare(end_date, first) > 0;
        const times = shown ? slotsOn(shown) : [];
        return (
          <>
            <DayStrip
              label={t.slots.days} chosen={shown} onChoose={onDay}
              days={days.map((day) => ({ day, about: t.slots.free(slotsOn(day).length), isOff: slotsOn(day).length === 0 }))}
            />
            {closures.filter(isShown).map((closure) => (
              <Notice key={closure.id}><p>{t.slots.closed(closure.name)} <span class="faint">{closureText(closure)}</span></p></Notice>
            ))}
            <section class="section" aria-label={shown && formatDate(shown)}>
              {shown && <h3>{formatDate(shown)}</h3>}
              <p class="faint" role="status">{shown ? t.slots.count(times.length) : t.slots.noneInDays}</p>
              {times.length > 0 ? (
                <TimeGrid
                  times={times.map(({ start_date }) => start_date)} chosen={chosen}
                  onChoose={(time) => onChoose(times.find(({ start_date }) => start_date === time)!)}
                />
              ) : (
                <NextDay query={query} next={next} after={from.add({ days: DAYS_SHOWN })} onJump={onJump} />
              )}
            </section>
          </>
        );
      }}
    </WhenLoaded>
  );
}

/** A button that shows the next day with slots. If none of the loaded days has one, the button searches for it. */
function NextDay({ query, next, after, onJump }: {
  query: SlotQuery;
  next: PlainDate | undefined;
  after: PlainDate;
  onJump: (day: PlainDate) => void;
}) {
  const { busy, error, run } = useAction();
  const [isNone, setNone] = useState(false);
  const find = () =>
    run(async () => {
      const first = await fetchFirstSlot(query, after);
      if (first) onJump(dayOf(first.start_date));
      else setNone(true);
    });
  if (next) return <div><Button icon="calendar" onClick={() => onJump(next)}>{t.slots.nextFreeDay(formatShortDate(next))}</Button></div>;
  if (isNone) return <NoneLater />;
  return (
    <div class="stack">
      <ErrorMessage error={error} />
      <div><Button icon="search" busy={busy} onClick={find}>{t.slots.findNext}</Button></div>
    </div>
  );
}

const NoneLater = () => <div role="status" {...useFocus()}><Empty icon="calendar">{t.slots.noneLater}</Empty></div>;
