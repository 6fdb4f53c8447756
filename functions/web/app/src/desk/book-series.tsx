import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { t } from "../language";
import { s } from "../language/staff";
import { formatShortDateTime } from "../time";
import { Badge } from "../ui/badge";
import { Check, Select } from "../ui/field";
import { useLoad, type LoadState } from "../ui/load";
import { Notice } from "../ui/notice";
import { SkeletonRows, WhenLoaded } from "../ui/states";
import { useAttempt } from "./attempt";
import { bookSeries, previewSeries, type NewAppointment, type Occurrence } from "./data";

/** How an appointment is repeated. */
type Repeats = { every_weeks: number; count: number };
const FIRST: Repeats = { every_weeks: 1, count: 6 };
const MOST_WEEKS = 12;
const FEWEST = 2;
const MOST = 26;

/** An appointment of a series that was booked. */
export type Booked = { id: number; start_date: string };

type Series = {
  /** Undefined: the appointment is booked alone. */
  repeats: Repeats | undefined;
  repeat: (repeats: Repeats | undefined) => void;
  preview: LoadState<Occurrence[] | undefined>;
  /** The text of the button. Undefined: nothing can be booked. */
  submit: string | undefined;
  /** Books the series. `skips`: without the appointments that are not free. */
  book: (skips: boolean) => Promise<Booked[]>;
};

/** The state of a booking that can be repeated. `what` returns the first appointment. */
export function useSeries(what: () => NewAppointment): Series {
  const texts = s.desk.book;
  const [repeats, repeat] = useState<Repeats>();
  const loaded = useLoad(async () => repeats && previewSeries({ ...what(), ...repeats }), [repeats]);
  // The last preview is of another series.
  const { loading, reload } = loaded;
  const preview: LoadState<Occurrence[] | undefined> = loading ? { loading, reload } : loaded;
  const send = useAttempt(bookSeries);
  const book = async (skips: boolean) => {
    try {
      const booked = await send({ ...what(), ...(repeats ?? FIRST), skip_conflicts: skips });
      return booked.flatMap(({ appointment_id: id, start_date }) => (id === null ? [] : [{ id, start_date }]));
    } catch (error) {
      if (error instanceof ApiError && error.kind === "series-refused") reload();
      throw error;
    }
  };
  const free = preview.data ? freeOf(preview.data).length : repeats?.count;
  const submit = free === undefined ? texts.submit : free > 0 ? texts.submitSeries(free) : undefined;
  return { repeats, repeat, preview, submit, book };
}

const freeOf = (occurrences: Occurrence[]) => occurrences.filter(({ problem }) => problem === null);

/** The fields of a form that repeat the appointment, and the appointments that this would book. */
export function SeriesFields({ series: { repeats, repeat, preview } }: { series: Series }) {
  const texts = s.desk.book;
  return (
    <>
      <Check
        label={texts.repeat} hint={texts.repeatHint} checked={repeats !== undefined}
        onChange={({ currentTarget: { checked } }) => repeat(checked ? FIRST : undefined)}
      />
      {repeats && (
        <>
          <div class="form row">
            <Select
              label={texts.every} value={String(repeats.every_weeks)} options={numbers(1, MOST_WEEKS, texts.weeks)}
              onChoose={(weeks) => repeat({ ...repeats, every_weeks: Number(weeks) })}
            />
            <Select
              label={texts.times} value={String(repeats.count)} options={numbers(FEWEST, MOST, String)}
              onChoose={(count) => repeat({ ...repeats, count: Number(count) })}
            />
          </div>
          <WhenLoaded state={preview} skeleton={<SkeletonRows count={repeats.count} />}>
            {(occurrences) => occurrences && <Preview occurrences={occurrences} />}
          </WhenLoaded>
        </>
      )}
    </>
  );
}

/** The options of a select of numbers. */
const numbers = (first: number, last: number, text: (number: number) => string) =>
  Array.from({ length: last - first + 1 }, (_, index) => [String(first + index), text(first + index)] as const);

/** The appointments of a series before they are booked. */
function Preview({ occurrences }: { occurrences: Occurrence[] }) {
  const texts = s.desk.book;
  const taken = occurrences.length - freeOf(occurrences).length;
  return (
    <>
      <ul class="list" aria-label={texts.series}>
        {occurrences.map(({ start_date, problem }) => (
          <li key={start_date}>
            <div class="grow">
              <time dateTime={start_date}>{formatShortDateTime(start_date)}</time>
              {problem && <Reasons problem={problem} />}
            </div>
            <Badge tone={problem ? "warn" : "good"}>{problem ? texts.notFree : texts.free}</Badge>
          </li>
        ))}
      </ul>
      {taken === occurrences.length ? <Notice tone="bad" role="alert">{texts.noneFree}</Notice> : taken > 0 && (
        <Check name="skip" label={texts.skip(taken)} required />
      )}
    </>
  );
}

/** Why an appointment cannot be booked, and the nearest times that are free. */
function Reasons({ problem }: { problem: NonNullable<Occurrence["problem"]> }) {
  const texts = s.admin.appointments.refused;
  const conflicts = (problem.violations ?? []).map((type) => texts[type.split("/").at(-1)!] ?? problem.title);
  const violations = (problem.errors ?? []).map(({ code, detail }) => t.violations[code] ?? detail);
  const near = (problem.alternatives ?? []).map(({ start_date }) => formatShortDateTime(start_date)).join(" · ");
  return (
    <>
      {[...conflicts, ...violations].map((reason) => <p key={reason}><small>{reason}</small></p>)}
      {near && <p><small>{s.desk.book.near(near)}</small></p>}
    </>
  );
}
