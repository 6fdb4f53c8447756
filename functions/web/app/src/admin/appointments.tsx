import { useEffect, useState } from "preact/hooks";
import type { Account } from "../account";
import { dataOf, GET } from "../api/client";
import { t } from "../language";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { changeQuery, hrefWith, type Query, type Route } from "../route";
import type { Appointment } from "../staff/agenda";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { formatShortDateTime } from "../time";
import { StatusBadge } from "../ui/badge";
import { Field, Select } from "../ui/field";
import { PagedList, usePages } from "../ui/list";
import { useLoad } from "../ui/load";
import { PersonPicker, type Person } from "../ui/person-picker";
import { Empty } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { DateTime, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { historyOf } from "./appointment-links";
import { ALL_DAYS, fetchAppointments, fetchDoctors, filtersOf, isId, type Filters } from "./appointments-data";

const STATUSES = Object.entries(t.status);

/**
 * `#/appointments` has its filters in the query: `?date=2030-01-08&doctor=3&patient=4&status=Booked`. `#/appointments/7`
 * opens an appointment. `#/appointments/doctor/3` and `#/appointments/patient/4` are addresses of filters.
 */
export function AppointmentsPage({ route: { path, query } }: { route: Route }) {
  const [, first, second, ...more] = path;
  const isFilter = (first === "doctor" || first === "patient") && isId(second);
  useEffect(() => {
    if (isFilter) location.replace(hrefWith(["appointments"], { [first]: second }));
  }, [isFilter, first, second]);
  if (isFilter) return null;
  if (more.length > 0 || second !== undefined || (first !== undefined && !isId(first))) return <NotFound />;
  return <Appointments query={query} linked={first && Number(first)} />;
}

function Appointments({ query, linked }: { query: Query; linked: number | "" | undefined }) {
  const texts = s.admin.appointments;
  const filters = filtersOf(query);
  const [opened, open] = useState<number>();
  useEffect(() => {
    if (linked) open(linked);
  }, [linked]);
  const list = usePages((after) => fetchAppointments(filters, after), [filters]);
  const changed = (text: string) => {
    open(undefined);
    toast(text);
    list.reload();
  };
  useTitle(texts.title);
  return (
    <div class="page">
      <h1>{texts.title}</h1>
      <FilterFields filters={filters} list={list.items} />
      <ZoneNote />
      <PagedList list={list} summary={texts.shown} empty={<Empty icon="calendar">{texts.none}</Empty>}>
        {(rows) => <Table caption={texts.caption} columns={columnsFor(query, open)} rows={rows} keyOf={({ id }) => id} />}
      </PagedList>
      {opened !== undefined && (
        <AppointmentDialog
          key={opened} id={opened} historyOf={historyOf} refusals={texts.refused} onClose={() => open(undefined)} onDone={changed}
        />
      )}
    </div>
  );
}

async function searchPatients(words: string): Promise<Person[]> {
  const query = { account_type: "Patient", q: words, limit: 10 } as const;
  const found = await dataOf(GET("/accounts", { params: { query } }));
  return found.map(({ id, name, email }) => ({ id, name, about: email }));
}

function FilterFields({ filters, list }: { filters: Filters; list: Appointment[] }) {
  const texts = s.admin.appointments;
  const doctors = useLoad(fetchDoctors, []);
  const [chosen, choose] = useState<Person>();
  /** Changes a filter. The date stays as it is shown, although the query may not have it. */
  const change = (changes: Query) => changeQuery({ date: filters.date, ...changes });
  const patient = Number(filters.patient);
  const found = list.find(({ patient_id }) => patient_id === patient);
  const nameOfPatient = chosen?.id === patient ? chosen.name : found?.patient_name;
  const textOf = ({ name, active }: Account) => (active ? name : texts.inactive(name));
  const doctorOptions = (doctors.data ?? []).map((doctor) => [String(doctor.id), textOf(doctor)] as const);
  return (
    <div class="form row">
      <Field
        label={texts.date} type="date" value={filters.date === ALL_DAYS ? "" : filters.date}
        // While a user types the year 2030, the year of the input is 2, then 20. The minimum makes these invalid.
        min="2000-01-01"
        onChange={({ currentTarget: { validity, value } }) => validity.valid && change({ date: value || ALL_DAYS })}
      />
      <Select
        label={t.appointment.doctor} value={filters.doctor} onChoose={(doctor) => change({ doctor })}
        options={[["", s.admin.any], ...doctorOptions]}
      />
      <PersonPicker
        label={t.appointment.patient} search={searchPatients}
        value={isId(filters.patient) ? { id: patient, name: nameOfPatient ?? s.admin.number(filters.patient) } : undefined}
        onChoose={(person) => {
          choose(person);
          change({ patient: person ? String(person.id) : "" });
        }}
      />
      <Select
        label={texts.status} value={filters.status} onChoose={(status) => change({ status })}
        options={[["", s.admin.any], ...STATUSES]}
      />
    </div>
  );
}

/** The columns. The time of a row opens its appointment. */
function columnsFor(query: Query, open: (id: number) => void): Column<Appointment>[] {
  const texts = s.admin.appointments;
  const show = (event: MouseEvent, id: number) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(id);
  };
  return [
    {
      title: t.appointment.when, isHeader: true,
      cell: ({ id, start_date }) => (
        <a href={hrefWith(["appointments", id], query)} onClick={(event) => show(event, id)}>
          <DateTime time={start_date} format={formatShortDateTime} />
        </a>
      ),
    },
    { title: t.appointment.patient, cell: ({ patient_name }) => <bdi>{patient_name}</bdi> },
    { title: t.appointment.doctor, cell: ({ doctor_name }) => <bdi>{doctor_name}</bdi> },
    { title: t.appointment.length, cell: ({ duration }) => t.ui.minutes(duration) },
    { title: texts.status, cell: ({ status }) => <StatusBadge status={status} /> },
  ];
}
