import type { ComponentChildren } from "preact";
import { dataOf, GET, ApiError, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { Status } from "../ui/status";
import { DateTime, dateTimeText } from "./date-time";
import { isCancellable, type Clinic, type Slot } from "./policy";

/** An appointment with its doctor's name. The API does not return the name of a doctor who is not active. */
export type NamedAppointment = Schemas["Appointment"] & { doctor: string | undefined };

const names = new Map<number, Promise<string | undefined>>();

/** Returns a doctor's name. Loads it only once. */
function doctorName(doctor_id: number): Promise<string | undefined> {
  const cached = names.get(doctor_id);
  if (cached) return cached;
  const name = dataOf(GET("/doctors/{doctor_id}", { params: { path: { doctor_id } } })).then(
    (doctor) => doctor.name,
    (error: unknown) => {
      if (error instanceof ApiError && error.kind === "not-found") return undefined;
      names.delete(doctor_id);
      throw error;
    },
  );
  names.set(doctor_id, name);
  return name;
}

export const withDoctor = async (appointment: Schemas["Appointment"]): Promise<NamedAppointment> => ({
  ...appointment,
  doctor: await doctorName(appointment.doctor_id),
});

export const DoctorName = ({ name }: { name: string | undefined }) => (name ? <bdi>{name}</bdi> : <>{t.patient.formerDoctor}</>);

type DetailsProps = { doctor: string | undefined; specialty?: string | null; slot: Slot; id?: string; children?: ComponentChildren };

/** The doctor, the time and the length of an appointment. `children` are more of the list. */
export function AppointmentDetails({ doctor, specialty, slot, id, children }: DetailsProps) {
  return (
    <dl class="visit-facts" id={id}>
      <dt>{t.patient.facts.doctor}</dt>
      <dd><DoctorName name={doctor} />{specialty && <small><bdi>{specialty}</bdi></small>}</dd>
      <dt>{t.patient.facts.when}</dt>
      <dd><DateTime time={slot.start_date} /></dd>
      <dt>{t.patient.facts.length}</dt>
      <dd>{t.ui.minutes(slot.duration)}</dd>
      {children}
    </dl>
  );
}

/** An appointment in a list. With `onCancel`, it has a button to cancel it if the policy allows that. */
export function AppointmentCard({ appointment, clinic, onCancel }: {
  appointment: NamedAppointment;
  clinic?: Clinic;
  onCancel?: (appointment: NamedAppointment) => void;
}) {
  return (
    <li class="card">
      <h3><a href={hrefTo("appointments", appointment.id)}><DateTime time={appointment.start_date} /></a></h3>
      <p><DoctorName name={appointment.doctor} /></p>
      <p class="row"><Status status={appointment.status} /> <span class="faint">{t.ui.minutes(appointment.duration)}</span></p>
      {clinic && onCancel && isCancellable(appointment, clinic) && (
        <button
          type="button" class="danger" aria-label={t.patient.cancel.labelOf(dateTimeText(appointment.start_date))}
          onClick={() => onCancel(appointment)}
        >
          {t.patient.cancel.open}
        </button>
      )}
    </li>
  );
}
