import { useState } from "preact/hooks";
import { GET, type Schemas } from "../api/client";
import { NotFound } from "../app";
import { t } from "../language";
import { clinicZone, formatDateTime, today } from "../time";
import { Select, Field } from "../ui/form";
import { useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment-dialog";
import { parseId, Table, usePages } from "./paged-table";
import { fetchDoctors, nameOrNumber } from "./accounts-data";
import { DateTime } from "./date-time";
import { SuccessMessage } from "./success-message";

type Appointment = Schemas["Appointment"];
const STATUSES = Object.entries(t.status) as [Appointment["status"], string][];

/** What a route shows: the filters of the list, and the appointment that opens at once. */
type Start = { filters: { date?: string; doctor?: string; patient?: string }; appointment?: number };

/**
 * Reads the route after `#/appointments`. `/doctor/3` and `/patient/3` show the appointments of that account, `/3` opens
 * one appointment, and an empty route shows those of today.
 */
function parseRoute([first, second]: string[]): Start | undefined {
  const filters = { date: today().toString() };
  if (first === undefined) return { filters };
  const id = second ?? first;
  if (!/^[1-9][0-9]*$/.test(id)) return undefined;
  if (second === undefined) return { filters, appointment: Number(id) };
  if (first === "doctor") return { filters: { doctor: id } };
  return first === "patient" ? { filters: { patient: id } } : undefined;
}

export function AppointmentsPage({ route }: { route: string[] }) {
  const start = parseRoute(route);
  return start ? <Appointments {...start} /> : <NotFound />;
}

function Appointments(start: Start) {
  const texts = t.admin.appointments;
  const [filters, setFilters] = useState({ date: "", doctor: "", patient: "", status: "", ...start.filters });
  const [opened, open] = useState<number | undefined>(start.appointment);
  const [message, setMessage] = useState("");
  const { date, doctor, patient, status } = filters;
  const query = {
    date: date || undefined,
    doctor_id: parseId(doctor),
    patient_id: parseId(patient),
    status: (status as Appointment["status"]) || undefined,
  };
  const appointments = usePages((after) => GET("/appointments", { params: { query: { ...query, after } } }), [query]);
  const doctors = useLoad(fetchDoctors, []);
  const names = new Map(doctors.data?.map(({ id, name }) => [id, name]));
  const setFilter = (name: keyof typeof filters) => (value: string) => setFilters((before) => ({ ...before, [name]: value }));
  const changed = (text: string) => {
    setMessage(text);
    appointments.reload();
  };
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <SuccessMessage text={message} />
      <div class="row">
        <Field label={texts.date} type="date" value={date} onChange={(event) => setFilter("date")(event.currentTarget.value)} />
        <Select
          label={texts.doctor} value={doctor} onChoose={setFilter("doctor")}
          options={[["", t.admin.any], ...[...names].map(([id, name]) => [String(id), name] as const)]}
        />
        <Field
          label={texts.patient} type="number" min={1} value={patient}
          onInput={(event) => setFilter("patient")(event.currentTarget.value)}
        />
        <Select label={texts.status} value={status} onChoose={setFilter("status")} options={[["", t.admin.any], ...STATUSES]} />
      </div>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Table
        list={appointments} caption={texts.caption} empty={texts.none}
        columns={[texts.when, texts.doctor, texts.patientColumn, texts.length, texts.status, texts.open]}
      >
        {(appointment) => <Row key={appointment.id} {...appointment} names={names} onOpen={() => open(appointment.id)} />}
      </Table>
      {opened !== undefined && <AppointmentDialog id={opened} onClose={() => open(undefined)} onDone={changed} />}
    </>
  );
}

function Row({ start_date, doctor_id, patient_id, duration, status, names, onOpen }: Appointment & {
  names: Map<number, string>;
  onOpen: () => void;
}) {
  const texts = t.admin.appointments;
  return (
    <tr>
      <th scope="row"><DateTime time={start_date} /></th>
      <td><bdi>{nameOrNumber(doctor_id, names)}</bdi></td>
      <td>{t.admin.number(String(patient_id))}</td>
      <td>{t.ui.minutes(duration)}</td>
      <td><Status status={status} /></td>
      <td><button type="button" aria-label={texts.openOf(formatDateTime(start_date))} onClick={onOpen}>{texts.open}</button></td>
    </tr>
  );
}
