import { useState } from "preact/hooks";
import { useClinic } from "../clinic";
import { t } from "../language";
import { s } from "../language/staff";
import { dayOf, formatNearDay, formatTime, inZone, now, Temporal, thisMinute, today, toTimestamp } from "../time";
import { Button } from "../ui/button";
import { Choices, type ChoiceRow } from "../ui/choices";
import { Disclosure } from "../ui/disclosure";
import { Field, Select } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { PagedList, usePages } from "../ui/list";
import { useLoad } from "../ui/load";
import { Empty, Skeleton, WhenLoaded } from "../ui/states";
import { durationOfVisit, fetchFreeTimes, fetchFreeTimesOf, type Doctor, type FreeTime, type Patient, type Visit } from "./data";

type Props = {
  patient: Patient;
  visit: Visit;
  /** The doctors with whom it can be booked. */
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
  const press = ({ key }: KeyboardEvent) => key === "Enter" && setFocuses(Date.now());
  const options = doctors.map(({ id, name }) => [String(id), name] as const);
  const shown = { patient, visit, doctors, focuses, onChoose };
  return (
    <>
      <h3>{texts.when}</h3>
      <div class="form row" onKeyDown={press}>
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
      {doctor && !isNow ? (
        <TimesOfOne key={`${doctor.id} ${day}`} {...shown} doctor={doctor} day={day} />
      ) : (
        <TimesOfAll key={`${day} ${isNow}`} {...shown} doctor={doctor} day={isNow ? "" : day} isNow={isNow} />
      )}
      <AnotherTime visit={visit} doctors={doctors} doctor={doctor} day={day} onChoose={onChoose} />
    </>
  );
}

type TimesProps = Props & { focuses: number | undefined; day: string };

/** The times of all doctors. `isNow`: who is free now. */
function TimesOfAll({ patient, visit, doctors, doctor, day, isNow, focuses, onChoose }: TimesProps & {
  doctor: Doctor | undefined;
  isNow: boolean;
}) {
  const texts = s.desk.book;
  const { slot_step } = useClinic();
  const list = usePages((after) => fetchFreeTimes(patient.id, visit, day, after), [day]);
  const shown = doctor ? doctors.filter(({ id }) => id === doctor.id) : doctors;
  const none = <Empty icon="calendar">{isNow ? texts.nobodyFree : texts.noTimes}</Empty>;
  return (
    <PagedList list={list} summary={() => s.desk.keys} skeleton={<Skeleton height={16} />} empty={none}>
      {(times) => {
        const rows = isNow ? nowRows(times, shown, { visit, step: slot_step, onChoose }) : doctorRows(times, shown, day !== "", onChoose);
        return rows.length > 0 ? <Choices label={texts.when} rows={rows} focuses={focuses} /> : none;
      }}
    </PagedList>
  );
}

/** The times of one doctor. */
function TimesOfOne({ patient, visit, doctor, day, focuses, onChoose }: TimesProps & { doctor: Doctor }) {
  const texts = s.desk.book;
  const times = useLoad(() => fetchFreeTimesOf(doctor.id, patient.id, visit, day), [doctor.id, day]);
  return (
    <WhenLoaded state={times} skeleton={<Skeleton height={16} />}>
      {(times) => times.length > 0 ? (
        <>
          <p class="faint" role="status">{s.desk.keys}</p>
          <Choices label={texts.when} rows={dayRows(times, onChoose)} focuses={focuses} />
        </>
      ) : <Empty icon="calendar">{texts.noTimes}</Empty>}
    </WhenLoaded>
  );
}

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
  [...groupsOf(times, ({ start_date }) => dayOf(start_date).toString())].slice(0, DAYS_SHOWN).map(([day, own]) => ({
    key: day, title: formatNearDay(Temporal.PlainDate.from(day)), choices: own.map((time) => choiceOf(time, formatTime(time.start_date), onChoose)),
  }));

/** A row for the doctors whose next free time is the next one of the clinic's grid: they are probably free now. */
function nowRows(times: FreeTime[], doctors: Doctor[], { visit, step, onChoose }: {
  visit: Visit;
  /** The minutes between the times of the grid. */
  step: number;
  onChoose: Props["onChoose"];
}): ChoiceRow[] {
  const start_date = thisMinute();
  const isSoon = (time: FreeTime) => inZone(now()).until(inZone(time.start_date)).total("minutes") <= step;
  const soon = new Set(times.filter(isSoon).map(({ doctor_id }) => doctor_id));
  return doctors.filter(({ id }) => soon.has(id)).map(({ id, name }) => ({
    key: String(id),
    choices: [{
      key: `now ${id}`, text: <bdi>{name}</bdi>, about: formatTime(start_date),
      onChoose: () => onChoose({ doctor_id: id, start_date, duration: durationOfVisit(visit) }),
    }],
  }));
}

/** Any time, also one that is not free. The API says what is against it. */
function AnotherTime({ visit, doctors, doctor, day, onChoose }: Omit<TimesProps, "patient" | "focuses"> & { doctor: Doctor | undefined }) {
  const texts = s.desk.book;
  const submit = async ({ doctor = "", date = "", time = "" }: Values) =>
    onChoose({ doctor_id: Number(doctor), start_date: toTimestamp(Temporal.PlainDate.from(date), time), duration: durationOfVisit(visit) });
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
