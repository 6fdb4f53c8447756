import { useState } from "preact/hooks";
import { dataOf } from "../api/client";
import { useClinic } from "../clinic";
import { t } from "../language";
import { s } from "../language/staff";
import { dayOf, formatNearDay, formatTime, inZone, now, Temporal, thisMinute, today, toTimestamp } from "../time";
import { Button } from "../ui/button";
import { Choices, type ChoiceRow } from "../ui/choices";
import { Disclosure } from "../ui/disclosure";
import { Field, Select } from "../ui/field";
import { onEnter } from "../ui/focus";
import { Form, type Values } from "../ui/form";
import { PagedList, usePages } from "../ui/list";
import { useLoad } from "../ui/load";
import { Empty, Skeleton, WhenLoaded } from "../ui/states";
import { durationOfVisit, fetchFreeTimes, fetchFreeTimesOf, type Doctor, type FreeTime, type Visit } from "./data";
import type { Patient } from "./first";

type Props = {
  patient: Patient;
  visit: Visit;
  /** The doctors who can be booked for it. */
  doctors: Doctor[];
  onChoose: (time: FreeTime) => void;
};

/** How many days of one doctor are shown. */
const DAYS_SHOWN = 10;

/**
 * Chooses a free time: the next ones of all doctors, soonest first, or those of a doctor, of a day, or of the present minute
 * for a patient who has come without an appointment.
 */
export function ChooseTime({ patient, visit, doctors, onChoose }: Props) {
  const texts = s.desk.book;
  const [doctor, setDoctor] = useState<Doctor>();
  const [day, setDay] = useState("");
  const [isNow, setNow] = useState(false);
  /** Moves the focus to the first time: at first, and by Enter in a filter. Not while the user changes a filter. */
  const [focuses, setFocuses] = useState<number | undefined>(0);
  const filter = (change: () => void) => {
    setFocuses(undefined);
    change();
  };
  const options = doctors.map(({ id, name }) => [String(id), name] as const);
  const shown = { patient, visit, doctors, focuses, onChoose };
  return (
    <>
      <h3>{texts.when}</h3>
      <div class="form row" onKeyDown={onEnter(() => setFocuses(Date.now()))}>
        <Select
          label={t.appointment.doctor} value={String(doctor?.id ?? "")} options={[["", texts.allDoctors], ...options]}
          onChoose={(chosen) => filter(() => setDoctor(doctors.find(({ id }) => String(id) === chosen)))}
        />
        <Field
          label={t.ui.date} type="date" min={today().toString()} value={day} disabled={isNow}
          onChange={({ currentTarget: { validity, value } }) => validity.valid && filter(() => setDay(value))}
        />
        <Button icon="clock" pressed={isNow} onClick={() => filter(() => setNow(!isNow))}>{texts.now}</Button>
      </div>
      {isNow ? <FreeNow {...shown} doctor={doctor} /> : doctor ? (
        <TimesOfOne key={`${doctor.id} ${day}`} {...shown} doctor={doctor} day={day} />
      ) : (
        <TimesOfAll key={day} {...shown} day={day} />
      )}
      <AnotherTime visit={visit} doctors={doctors} doctor={doctor} day={day} onChoose={onChoose} />
    </>
  );
}

type TimesProps = Props & { focuses: number | undefined };

/** The next times of all doctors, or those of a day. */
function TimesOfAll({ patient, visit, doctors, day, focuses, onChoose }: TimesProps & { day: string }) {
  const texts = s.desk.book;
  const list = usePages((after) => fetchFreeTimes(patient.id, visit, day, after), [day]);
  return (
    <PagedList
      list={list} summary={texts.freeTimes} skeleton={<Skeleton height={16} />} empty={<Empty icon="calendar">{texts.noTimes}</Empty>}
    >
      {(times) => <Times rows={doctorRows(times, doctors, day !== "", onChoose)} focuses={focuses} />}
    </PagedList>
  );
}

/** The doctors who are free now, for a patient who has come without an appointment. */
function FreeNow({ patient, visit, doctors, doctor, focuses, onChoose }: TimesProps & { doctor: Doctor | undefined }) {
  const { slot_step } = useClinic();
  const next = useLoad(() => dataOf(fetchFreeTimes(patient.id, visit, "")), []);
  return (
    <WhenLoaded state={next} skeleton={<Skeleton height={16} />}>
      {(times) => {
        const free = freeNow(times, doctors, slot_step).filter(({ id }) => !doctor || id === doctor.id);
        return free.length > 0 ? <Times rows={nowRows(free, visit, onChoose)} focuses={focuses} /> : (
          <Empty icon="clock">{s.desk.book.nobodyFree}</Empty>
        );
      }}
    </WhenLoaded>
  );
}

/** The times of one doctor. */
function TimesOfOne({ patient, visit, doctor, day, focuses, onChoose }: TimesProps & { doctor: Doctor; day: string }) {
  const texts = s.desk.book;
  const times = useLoad(() => fetchFreeTimesOf(doctor.id, patient.id, visit, day), [doctor.id, day]);
  return (
    <WhenLoaded state={times} skeleton={<Skeleton height={16} />}>
      {(times) => {
        const days = dayRows(times, onChoose);
        const rows = days.slice(0, DAYS_SHOWN);
        const count = rows.reduce((sum, { choices }) => sum + choices.length, 0);
        return (
          <>
            <p class={count > 0 ? "faint" : "hidden"} role="status">{texts.freeTimes(count, rows.length < days.length)}</p>
            {count > 0 ? <Times rows={rows} focuses={focuses} /> : <Empty icon="calendar">{texts.noTimes}</Empty>}
          </>
        );
      }}
    </WhenLoaded>
  );
}

const Times = ({ rows, focuses }: { rows: ChoiceRow[]; focuses: number | undefined }) => (
  <>
    <Choices label={s.desk.book.when} rows={rows} focuses={focuses} />
    <p class="faint for-keys">{s.desk.keys}</p>
  </>
);

const choiceOf = (time: FreeTime, text: string, onChoose: Props["onChoose"]) => ({
  key: `${time.doctor_id} ${time.start_date}`, text: <time dateTime={time.start_date}>{text}</time>, onChoose: () => onChoose(time),
});

/** Groups the times by a key, in their order. */
function groupsOf<Key>(times: FreeTime[], keyOf: (time: FreeTime) => Key): Map<Key, FreeTime[]> {
  const groups = new Map<Key, FreeTime[]>();
  for (const time of times) groups.set(keyOf(time), [...(groups.get(keyOf(time)) ?? []), time]);
  return groups;
}

/** A row for each doctor, who has the soonest time first. */
function doctorRows(times: FreeTime[], doctors: Doctor[], isOneDay: boolean, onChoose: Props["onChoose"]): ChoiceRow[] {
  const text = ({ start_date }: FreeTime) =>
    isOneDay ? formatTime(start_date) : t.ui.when(formatNearDay(dayOf(start_date)), formatTime(start_date));
  const byId = new Map(doctors.map((doctor) => [doctor.id, doctor]));
  return [...groupsOf(times.filter(({ doctor_id }) => byId.has(doctor_id)), ({ doctor_id }) => doctor_id)].map(([id, own]) => ({
    key: String(id), title: <bdi>{byId.get(id)?.name}</bdi>, about: <bdi>{byId.get(id)?.specialty}</bdi>,
    choices: own.map((time) => choiceOf(time, text(time), onChoose)),
  }));
}

/** A row for each day of one doctor. */
const dayRows = (times: FreeTime[], onChoose: Props["onChoose"]): ChoiceRow[] =>
  [...groupsOf(times, ({ start_date }) => dayOf(start_date).toString())].map(([day, own]) => ({
    key: day, title: formatNearDay(Temporal.PlainDate.from(day)),
    choices: own.map((time) => choiceOf(time, formatTime(time.start_date), onChoose)),
  }));

/** The doctors whose next time is the next one of the clinic's grid: they are probably free now. `step` is in minutes. */
function freeNow(times: FreeTime[], doctors: Doctor[], step: number): Doctor[] {
  const isSoon = ({ start_date }: FreeTime) => inZone(now()).until(inZone(start_date)).total("minutes") <= step;
  const soon = new Set(times.filter(isSoon).map(({ doctor_id }) => doctor_id));
  return doctors.filter(({ id }) => soon.has(id));
}

function nowRows(doctors: Doctor[], visit: Visit, onChoose: Props["onChoose"]): ChoiceRow[] {
  const start_date = thisMinute();
  return doctors.map(({ id, name }) => {
    const choose = () => onChoose({ doctor_id: id, start_date, duration: durationOfVisit(visit) });
    const key = `now ${id}`;
    return { key, choices: [{ key, text: <bdi>{name}</bdi>, about: formatTime(start_date), onChoose: choose }] };
  });
}

/** Any time, also one that is not free. The API says what is against it. */
function AnotherTime({ visit, doctors, doctor, day, onChoose }: Omit<Props, "patient"> & {
  doctor: Doctor | undefined;
  day: string;
}) {
  const texts = s.desk.book;
  const submit = async ({ doctor = "", date = "", time = "" }: Values) => {
    const start_date = toTimestamp(Temporal.PlainDate.from(date), time);
    onChoose({ doctor_id: Number(doctor), start_date, duration: durationOfVisit(visit) });
  };
  return (
    <Disclosure title={texts.anotherTime}>
      <Form key={`${doctor?.id} ${day}`} class="row" submit={texts.choose} onSubmit={submit} aria-label={texts.anotherTime}>
        <Select
          label={t.appointment.doctor} name="doctor" {...(doctor && { value: String(doctor.id) })}
          options={doctors.map(({ id, name }) => [String(id), name])}
        />
        <Field label={t.ui.date} name="date" type="date" required defaultValue={day || today().toString()} />
        <Field label={texts.time} name="time" type="time" required />
      </Form>
    </Disclosure>
  );
}
