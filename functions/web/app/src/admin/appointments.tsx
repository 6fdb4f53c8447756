import { useState } from "preact/hooks";
import { GET, type Schemas } from "../api/client";
import { NotFound } from "../app";
import { t } from "../language";
import { clinicZone, showMoment, today } from "../time";
import { Choice, Field } from "../ui/form";
import { useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { AppointmentDialog } from "./appointment-dialog";
import { idOf, Table, usePages } from "./pages";
import { called, doctors } from "./people";
import { Said, When } from "./when";

type Appointment = Schemas["Appointment"];
const STATUSES = Object.entries(t.status) as [Appointment["status"], string][];

type Start = { narrowing: { date?: string; doctor?: string; patient?: string }; appointment?: number };

/** What an address shows: `#/appointments/doctor/3` and `…/patient/3` theirs, `…/3` one, `#/appointments` those of today. */
function shown([first, second]: string[]): Start | undefined {
  const now = { date: today().toString() };
  if (first === undefined) return { narrowing: now };
  const id = second ?? first;
  if (!/^[1-9][0-9]*$/.test(id)) return undefined;
  if (second === undefined) return { narrowing: now, appointment: Number(id) };
  if (first === "doctor") return { narrowing: { doctor: id } };
  return first === "patient" ? { narrowing: { patient: id } } : undefined;
}

export function AppointmentsPage({ place }: { place: string[] }) {
  const start = shown(place);
  return start ? <Appointments {...start} /> : <NotFound />;
}

function Appointments(start: Start) {
  const texts = t.admin.appointments;
  const [narrowing, setNarrowing] = useState({ date: "", doctor: "", patient: "", status: "", ...start.narrowing });
  const [opened, open] = useState<number | undefined>(start.appointment);
  const [said, say] = useState("");
  const { date, doctor, patient, status } = narrowing;
  const query = {
    date: date || undefined,
    doctor_id: idOf(doctor),
    patient_id: idOf(patient),
    status: (status as Appointment["status"]) || undefined,
  };
  const found = usePages((after) => GET("/appointments", { params: { query: { ...query, after } } }), [query]);
  const people = useLoad(doctors, []);
  const names = new Map(people.data?.map(({ id, name }) => [id, name]));
  const narrow = (name: keyof typeof narrowing) => (value: string) => setNarrowing((before) => ({ ...before, [name]: value }));
  const changed = (text: string) => {
    say(text);
    found.reload();
  };
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <Said text={said} />
      <div class="row">
        <Field label={texts.date} type="date" value={date} onChange={(event) => narrow("date")(event.currentTarget.value)} />
        <Choice
          label={texts.doctor} value={doctor} onChoose={narrow("doctor")}
          options={[["", t.admin.any], ...[...names].map(([id, name]) => [String(id), name] as const)]}
        />
        <Field
          label={texts.patient} type="number" min={1} value={patient}
          onInput={(event) => narrow("patient")(event.currentTarget.value)}
        />
        <Choice label={texts.status} value={status} onChoose={narrow("status")} options={[["", t.admin.any], ...STATUSES]} />
      </div>
      <p class="faint">{t.ui.clinicTime(clinicZone())}</p>
      <Table
        of={found} caption={texts.caption} empty={texts.none}
        columns={[texts.when, texts.doctor, texts.patientColumn, texts.duration, texts.status, texts.open]}
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
      <th scope="row"><When time={start_date} /></th>
      <td><bdi>{called(doctor_id, names)}</bdi></td>
      <td>{t.admin.number(String(patient_id))}</td>
      <td>{t.ui.minutes(duration)}</td>
      <td><Status of={status} /></td>
      <td><button type="button" aria-label={texts.openWhich(showMoment(start_date))} onClick={onOpen}>{texts.open}</button></td>
    </tr>
  );
}
