import { useState } from "preact/hooks";
import { useClinic } from "../clinic";
import { formatNumber } from "../language";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { changeQuery, hrefWith, open, type Route } from "../route";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { useArrivals } from "../staff/arrival";
import { lengthText } from "../staff/length";
import { PrintDays, type PrintedDay } from "../staff/printed-days";
import { formatDate, today, type PlainDate } from "../time";
import { DatePicker } from "../ui/date-picker";
import { ErrorMessage } from "../ui/errors";
import { Select, SearchField } from "../ui/field";
import { useLiveLoad } from "../ui/load";
import { matchesSearch } from "../ui/search";
import { Skeleton, WhenLoaded } from "../ui/states";
import { Stats } from "../ui/stats";
import { ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { historyOf } from "./appointment-links";
import { dateOf, fetchDay, type ClinicDay, type DoctorDay } from "./day-data";
import { Roster } from "./roster";

const FILTERS = {
  everyone: () => true,
  withFreeTime: ({ free }: DoctorDay) => free !== undefined,
  withAppointments: ({ appointments }: DoctorDay) => appointments.length > 0,
};
type Filter = keyof typeof FILTERS;

/** The clinic's day: its totals, and the day of each doctor. The search and the filter are in the query. */
export function DayPage({ route }: { route: Route }) {
  const day = dateOf(route);
  return day ? <Day route={route} day={day} /> : <NotFound />;
}

function Day({ route: { query }, day }: { route: Route; day: PlainDate }) {
  const { min_duration } = useClinic();
  const loaded = useLiveLoad(() => fetchDay(day.toString()), [day.toString()]);
  const [opened, setOpened] = useState<number>();
  const title = formatDate(day);
  useTitle(title);
  const changed = (text: string, undo?: () => Promise<void>) => {
    setOpened(undefined);
    toast(text, undo);
    loaded.reload();
  };
  const arrivals = useArrivals(changed);
  const show = (day: PlainDate) => open(hrefWith(day.equals(today()) ? [] : ["day", day.toString()], query));
  return (
    <div class="page">
      <div class="row between">
        <h1>{title}</h1>
        <div class="row">
          <DatePicker day={day} period="day" onChange={show} />
          <PrintDays title={title} days={printedDays(loaded.data, day)} error={loaded.error} />
        </div>
      </div>
      <ZoneNote />
      <ErrorMessage error={arrivals.error} />
      <WhenLoaded state={loaded} skeleton={<><Skeleton height={5} /><Skeleton height={4.5} /><Skeleton height={60} /></>}>
        {(loaded) => {
          const isLoading = loaded.date !== day.toString();
          // Until the day is loaded, without the appointments of the day before it.
          const clinicDay = isLoading ? { ...loaded, doctors: loaded.doctors.map(withoutAppointments) } : loaded;
          return (
            <>
              <Totals doctors={clinicDay.doctors} isLoading={isLoading} />
              <Filtered
                clinicDay={clinicDay} day={day} query={query} shortest={min_duration} isLoading={isLoading} onOpen={setOpened}
                actionOf={arrivals.actionOf}
              />
            </>
          );
        }}
      </WhenLoaded>
      {opened !== undefined && (
        <AppointmentDialog
          key={opened} id={opened} historyOf={historyOf} refusals={s.admin.appointments.refused}
          onClose={() => setOpened(undefined)} onDone={changed}
        />
      )}
    </div>
  );
}

/** The days of all doctors, also of those that the page does not show. Undefined while another day is loading. */
const printedDays = (loaded: ClinicDay | undefined, day: PlainDate): PrintedDay[] | undefined =>
  loaded?.date === day.toString() ? loaded.doctors.map(({ appointments }) => ({ day, appointments })) : undefined;

const withoutAppointments = (doctor: DoctorDay): DoctorDay => ({ ...doctor, appointments: [] });
const sum = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

function Totals({ doctors, isLoading }: { doctors: DoctorDay[]; isLoading: boolean }) {
  const texts = s.admin.day;
  const free = doctors.flatMap(({ free }) => free ?? []);
  const values = [
    [texts.appointments, formatNumber(sum(doctors.map(({ count }) => count)))],
    [texts.booked, lengthText(sum(doctors.map(({ minutes }) => minutes)))],
    [texts.free, lengthText(sum(free))],
    [texts.withFreeTime, texts.openOf(formatNumber(free.length), formatNumber(doctors.length))],
  ] as const;
  return <Stats label={texts.totals} values={values.map(([name, value]) => [name, isLoading ? "\u2026" : value])} />;
}

/** The doctors that the search and the filter of the query match. */
function Filtered({ query, clinicDay, ...rest }: {
  query: Route["query"];
  clinicDay: ClinicDay;
  day: PlainDate;
  shortest: number;
  isLoading: boolean;
  onOpen: (appointment: number) => void;
  actionOf: ReturnType<typeof useArrivals>["actionOf"];
}) {
  const texts = s.admin.day;
  const search = query["q"] ?? "";
  const filter = query["show"] && query["show"] in FILTERS ? (query["show"] as Filter) : "everyone";
  const isFound = ({ name, specialty }: DoctorDay) => matchesSearch(search, `${name}\n${specialty ?? ""}`);
  const doctors = clinicDay.doctors.filter((doctor) => rest.isLoading || FILTERS[filter](doctor)).filter(isFound);
  return (
    <section class="section" aria-label={texts.doctors}>
      <div class="form row">
        <SearchField label={texts.search} value={search} onInput={(event) => changeQuery({ q: event.currentTarget.value })} />
        <Select
          label={texts.show} value={filter} onChoose={(show) => changeQuery({ show: show === "everyone" ? "" : show })}
          options={(["everyone", "withFreeTime", "withAppointments"] as const).map((value) => [value, texts[value]])}
        />
      </div>
      <Roster {...rest} clinicDay={clinicDay} doctors={doctors} />
    </section>
  );
}
