import { useState } from "preact/hooks";
import { allPages, GET, type Schemas } from "../api/client";
import { formatNumber, t } from "../language";
import { clinicZone, formatDate } from "../time";
import { DayPicker } from "../ui/days";
import { Select, Field } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";
import { matchesSearch } from "../ui/search";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment-dialog";
import { useDate } from "./date-route";
import { DoctorDay } from "./doctor-day";
import { SuccessMessage } from "./success-message";

type NamedDoctor = Pick<Schemas["Doctor"], "id" | "name" | "specialty">;
/** A doctor's booked time on a day. `free` is the bookable time in minutes, or undefined if there is none. */
export type Load = NamedDoctor & { count: number; minutes: number; free: number | undefined };

/** A day with its doctors, sorted by name. */
export type Day = { date: string; doctors: Load[] };

/** Loads the day of all active doctors, and of other doctors who have appointments on it. */
async function fetchDay(date: string): Promise<Day> {
  const page = (after?: string) => ({ params: { query: { date, limit: 100, after } } });
  const [doctors, booked, open] = await Promise.all([
    allPages((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
    allPages((after) => GET("/doctors/by_top_appointments", page(after))),
    allPages((after) => GET("/doctors/available", page(after))),
  ]);
  const loads = new Map(booked.map((load) => [load.doctor_id, load]));
  const free = new Map(open.map((doctor) => [doctor.doctor_id, doctor.free_mins]));
  const active = new Set(doctors.map(({ id }) => id));
  const others = booked.filter(({ doctor_id }) => !active.has(doctor_id));
  const everyone = [...doctors, ...others.map(({ doctor_id, name }) => ({ id: doctor_id, name, specialty: null }))];
  const withLoad = everyone.map((doctor: NamedDoctor) => ({
    ...doctor,
    count: loads.get(doctor.id)?.appointments_count ?? 0,
    minutes: loads.get(doctor.id)?.booked_mins ?? 0,
    free: free.get(doctor.id),
  }));
  return { date, doctors: withLoad.sort((one, other) => one.name.localeCompare(other.name)) };
}

/** The clinic's day: its totals, and each doctor's appointments. */
export function DayPage({ route }: { route: string[] }) {
  const [day, setDay] = useDate("day", route);
  const loaded = useLoad(() => fetchDay(day.toString()), [day.toString()]);
  const [opened, open] = useState<number>();
  const [message, setMessage] = useState("");
  const changed = (text: string) => {
    setMessage(text);
    loaded.reload();
  };
  useTitle(t.admin.day.title(formatDate(day)));
  return (
    <>
      <h1>{t.admin.day.title(formatDate(day))}</h1>
      <SuccessMessage text={message} />
      <DayPicker day={day} step="day" onChange={setDay} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <WhenLoaded state={loaded}>
        {(day) => (
          <>
            <Totals doctors={day.doctors} />
            <Roster day={day} onOpen={open} />
          </>
        )}
      </WhenLoaded>
      {opened !== undefined && <AppointmentDialog id={opened} onClose={() => open(undefined)} onDone={changed} />}
    </>
  );
}

const sum = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

function Totals({ doctors }: { doctors: Load[] }) {
  const texts = t.admin.day;
  const open = doctors.filter(({ free }) => free !== undefined);
  const totals = [
    [texts.appointments, formatNumber(sum(doctors.map(({ count }) => count)))],
    [texts.booked, t.ui.minutes(sum(doctors.map(({ minutes }) => minutes)))],
    [texts.free, t.ui.minutes(sum(open.map(({ free }) => free!)))],
    [texts.open, texts.openOf(formatNumber(open.length), formatNumber(doctors.length))],
  ];
  return (
    <>
      <h2>{texts.totals}</h2>
      <dl class="totals">
        {totals.map(([name, total]) => <div key={name}><dt>{name}</dt><dd>{total}</dd></div>)}
      </dl>
    </>
  );
}

const FILTERS = {
  everyone: () => true,
  withFreeTime: ({ free }: Load) => free !== undefined,
  withAppointments: ({ count }: Load) => count > 0,
};

/** How many doctors are shown at first and added by each click. Each doctor is a request for appointments. */
const STEP = 10;

function Roster({ day, onOpen }: { day: Day; onOpen: (appointment: number) => void }) {
  const texts = t.admin.day;
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<keyof typeof FILTERS>("everyone");
  const [limit, setLimit] = useState(STEP);
  const isFound = ({ name, specialty }: Load) => matchesSearch(search, `${name}\n${specialty ?? ""}`);
  const shown = day.doctors.filter(FILTERS[filter]).filter(isFound);
  return (
    <>
      <h2>{texts.doctors}</h2>
      <div class="row">
        <Field label={texts.search} type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        <Select
          label={texts.show} value={filter} onChoose={(value) => setFilter(value as keyof typeof FILTERS)}
          options={(["everyone", "withFreeTime", "withAppointments"] as const).map((value) => [value, texts[value]])}
        />
      </div>
      {shown.length === 0 && <p class="empty">{texts.nobody}</p>}
      <ul class="roster">
        {shown.slice(0, limit).map((load) => <DoctorDay key={load.id} day={day} load={load} onOpen={onOpen} />)}
      </ul>
      {shown.length > limit && <button type="button" onClick={() => setLimit(limit + STEP)}>{t.ui.more}</button>}
    </>
  );
}
