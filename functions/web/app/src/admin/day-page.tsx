import { useState } from "preact/hooks";
import { all, GET, type Schemas } from "../api/client";
import { showNumber, t } from "../language";
import { clinicZone, showDate } from "../time";
import { DayPicker } from "../ui/days";
import { Choice, Field } from "../ui/form";
import { Show, useLoad } from "../ui/load";
import { finds } from "../ui/search";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment-dialog";
import { useDay } from "./day";
import { DoctorDay } from "./doctor-day";
import { Said } from "./when";

/** A doctor, and how full their day is: without `free` they take no more. */
type Named = Pick<Schemas["Doctor"], "id" | "name" | "specialty">;
export type Load = Named & { count: number; minutes: number; free: number | undefined };

/** A day as it has been loaded: its doctors by name. */
export type Day = { date: string; doctors: Load[] };

/** All active doctors, and those who are not but have appointments that day. */
async function read(date: string): Promise<Day> {
  const page = (after?: string) => ({ params: { query: { date, limit: 100, after } } });
  const [doctors, booked, open] = await Promise.all([
    all((after) => GET("/doctors", { params: { query: { limit: 100, after } } })),
    all((after) => GET("/doctors/by_top_appointments", page(after))),
    all((after) => GET("/doctors/available", page(after))),
  ]);
  const loads = new Map(booked.map((load) => [load.doctor_id, load]));
  const free = new Map(open.map((doctor) => [doctor.doctor_id, doctor.free_mins]));
  const active = new Set(doctors.map(({ id }) => id));
  const others = booked.filter(({ doctor_id }) => !active.has(doctor_id));
  const everyone = [...doctors, ...others.map(({ doctor_id, name }) => ({ id: doctor_id, name, specialty: null }))];
  const filled = everyone.map((doctor: Named) => ({
    ...doctor,
    count: loads.get(doctor.id)?.appointments_count ?? 0,
    minutes: loads.get(doctor.id)?.booked_mins ?? 0,
    free: free.get(doctor.id),
  }));
  return { date, doctors: filled.sort((one, other) => one.name.localeCompare(other.name)) };
}

/** A day of the clinic: how full it is, and every doctor's part of it. */
export function DayPage({ route }: { route: string[] }) {
  const [day, move] = useDay("day", route);
  const loaded = useLoad(() => read(day.toString()), [day.toString()]);
  const [opened, open] = useState<number>();
  const [said, say] = useState("");
  const changed = (text: string) => {
    say(text);
    loaded.reload();
  };
  useTitle(t.admin.day.title(showDate(day)));
  return (
    <>
      <h1>{t.admin.day.title(showDate(day))}</h1>
      <Said text={said} />
      <DayPicker day={day} step="day" onChange={move} />
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Show of={loaded}>
        {(day) => (
          <>
            <Totals doctors={day.doctors} />
            <Roster day={day} onOpen={open} />
          </>
        )}
      </Show>
      {opened !== undefined && <AppointmentDialog id={opened} onClose={() => open(undefined)} onDone={changed} />}
    </>
  );
}

const sum = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

function Totals({ doctors }: { doctors: Load[] }) {
  const texts = t.admin.day;
  const open = doctors.filter(({ free }) => free !== undefined);
  const totals = [
    [texts.appointments, showNumber(sum(doctors.map(({ count }) => count)))],
    [texts.booked, t.ui.minutes(sum(doctors.map(({ minutes }) => minutes)))],
    [texts.free, t.ui.minutes(sum(open.map(({ free }) => free!)))],
    [texts.open, texts.openOf(showNumber(open.length), showNumber(doctors.length))],
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

const SHOWN = {
  everyone: () => true,
  withRoom: ({ free }: Load) => free !== undefined,
  withAppointments: ({ count }: Load) => count > 0,
};

/** So many more doctors are shown at a time, as each loads appointments. */
const STEP = 10;

function Roster({ day, onOpen }: { day: Day; onOpen: (appointment: number) => void }) {
  const texts = t.admin.day;
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState<keyof typeof SHOWN>("everyone");
  const [limit, setLimit] = useState(STEP);
  const wanted = ({ name, specialty }: Load) => finds(search, `${name}\n${specialty ?? ""}`);
  const found = day.doctors.filter(SHOWN[shown]).filter(wanted);
  return (
    <>
      <h2>{texts.doctors}</h2>
      <div class="row">
        <Field label={texts.search} type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        <Choice
          label={texts.show} value={shown} onChoose={(value) => setShown(value as keyof typeof SHOWN)}
          options={(["everyone", "withRoom", "withAppointments"] as const).map((value) => [value, texts[value]])}
        />
      </div>
      {found.length === 0 && <p class="empty">{texts.nobody}</p>}
      <ul class="roster">
        {found.slice(0, limit).map((load) => <DoctorDay key={load.id} day={day} load={load} onOpen={onOpen} />)}
      </ul>
      {found.length > limit && <button type="button" onClick={() => setLimit(limit + STEP)}>{t.ui.more}</button>}
    </>
  );
}
