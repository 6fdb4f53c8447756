import { useEffect, useState } from "preact/hooks";
import { rememberedName, searchPatients } from "../desk/data";
import { t } from "../language";
import { s } from "../language/staff";
import { NotFound } from "../not-found";
import { changeQuery, hrefTo, hrefWith, idIn, type Query, type Route } from "../route";
import type { Appointment } from "../staff/agenda";
import { AppointmentDialog } from "../staff/appointment-dialog";
import { StaffStatus } from "../staff/arrival";
import { CsvButton } from "../staff/csv-button";
import { formatShortDateTime } from "../time";
import { Field, Select } from "../ui/field";
import { inThisPage } from "../ui/link";
import { PagedList, usePages } from "../ui/list";
import { useLoad } from "../ui/load";
import { PersonPicker } from "../ui/person-picker";
import { Empty } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { DateTime, ZoneNote } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { historyOf } from "./appointment-links";
import {
  ALL_DAYS, fetchAppointments, fetchAppointmentsCsv, fetchDoctors, filtersOf, STATUSES, type DoctorOption, type Filters,
} from "./appointments-data";

/**
 * `#/appointments` has its filters in the query: `?date=2030-01-08&doctor=3&patient=4&status=Booked`. `#/appointments/7`
 * opens an appointment. `#/appointments/doctor/3` and `#/appointments/patient/4` are addresses of filters.
 */
export function AppointmentsPage({ route: { path, query } }: { route: Route }) {
  const [, first, second, ...more] = path;
  const isFilter = (first === "doctor" || first === "patient") && idIn(second) !== undefined;
  useEffect(() => {
    if (isFilter) location.replace(hrefWith(["appointments"], { [first]: second! }));
  }, [isFilter, first, second]);
  if (isFilter) return null;
  const linked = idIn(first);
  if (more.length > 0 || second !== undefined || (first !== undefined && linked === undefined)) return <NotFound />;
  return <Appointments query={query} linked={linked} />;
}

function Appointments({ query, linked }: { query: Query; linked: number | undefined }) {
  const texts = s.admin.appointments;
  const filters = filtersOf(query);
  const [opened, setOpened] = useState<number>();
  useEffect(() => {
    if (linked !== undefined) setOpened(linked);
  }, [linked]);
  const list = usePages((after) => fetchAppointments(filters, after), [filters]);
  const changed = (text: string, undo?: () => Promise<void>) => {
    setOpened(undefined);
    toast(text, undo);
    list.reload();
  };
  useTitle(texts.title);
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <CsvButton name="appointments" page={(after, signal) => fetchAppointmentsCsv(filters, after, signal)} />
      </div>
      <FilterFields filters={filters} list={list.items} />
      <ZoneNote />
      <PagedList list={list} summary={t.appointment.count} empty={<Empty icon="calendar">{texts.none}</Empty>}>
        {(rows) => <Table caption={texts.caption} columns={columnsFor(query, setOpened)} rows={rows} keyOf={({ id }) => id} />}
      </PagedList>
      {opened !== undefined && (
        <AppointmentDialog
          key={opened} id={opened} historyOf={historyOf} refusals={texts.refused}
          onClose={() => setOpened(undefined)} onDone={changed}
        />
      )}
    </div>
  );
}

function FilterFields({ filters, list }: { filters: Filters; list: Appointment[] }) {
  const texts = s.admin.appointments;
  const doctors = useLoad(fetchDoctors, []);
  /** Changes a filter. The date stays as it is shown, although the query may not have it. */
  const change = (changes: Query) => changeQuery({ date: filters.date, ...changes });
  const id = idIn(filters.patient);
  const patientOf = (id: number) => list.find(({ patient_id }) => patient_id === id)?.patient_name;
  const name = (id: number) => rememberedName(id) ?? patientOf(id) ?? s.admin.number(String(id));
  const textOf = ({ name, active }: DoctorOption) => (active ? name : texts.inactive(name));
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
        value={id === undefined ? undefined : { id, name: name(id) }}
        onChoose={(person) => change({ patient: String(person?.id ?? "") })}
      />
      <Select
        label={texts.status} value={filters.status} onChoose={(status) => change({ status })}
        options={[["", s.admin.any], ...STATUSES.map((status) => [status, t.status[status]] as const)]}
      />
    </div>
  );
}

/** The columns. The time of a row opens its appointment. */
function columnsFor(query: Query, onOpen: (id: number) => void): Column<Appointment>[] {
  const texts = s.admin.appointments;
  return [
    {
      title: t.appointment.when, isHeader: true,
      cell: ({ id, start_date }) => (
        <a href={hrefWith(["appointments", id], query)} onClick={inThisPage(() => onOpen(id))}>
          <DateTime time={start_date} format={formatShortDateTime} />
        </a>
      ),
    },
    {
      title: t.appointment.patient,
      cell: ({ patient_id, patient_name }) => <a href={hrefTo("patients", patient_id)}><bdi>{patient_name}</bdi></a>,
    },
    { title: t.appointment.doctor, cell: ({ doctor_name }) => <bdi>{doctor_name}</bdi> },
    { title: t.appointment.length, cell: ({ duration }) => t.ui.minutes(duration) },
    { title: texts.status, cell: (row) => <StaffStatus appointment={row} /> },
  ];
}
