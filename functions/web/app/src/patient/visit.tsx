import { answer, GET, Refused, type Schemas } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { Status } from "../ui/status";
import { Moment, when } from "./moment";
import { isCancellable, type Clinic, type Slot } from "./policy";

/** An appointment, with its doctor's name: of one who has left the clinic it is not told. */
export type Visit = Schemas["Appointment"] & { doctor: string | undefined };

const names = new Map<number, Promise<string | undefined>>();

/** A doctor's name, which is asked for once. */
function nameOf(doctor_id: number): Promise<string | undefined> {
  const known = names.get(doctor_id);
  if (known) return known;
  const name = answer(GET("/doctors/{doctor_id}", { params: { path: { doctor_id } } })).then(
    (doctor) => doctor.name,
    (error: unknown) => {
      if (error instanceof Refused && error.kind === "not-found") return undefined;
      names.delete(doctor_id);
      throw error;
    },
  );
  names.set(doctor_id, name);
  return name;
}

export const withDoctor = async (appointment: Schemas["Appointment"]): Promise<Visit> => ({
  ...appointment,
  doctor: await nameOf(appointment.doctor_id),
});

export const DoctorName = ({ name }: { name: string | undefined }) => (name ? <bdi>{name}</bdi> : <>{t.patient.formerDoctor}</>);

/** With whom, when, and for how long. */
export function Facts({ doctor, slot, id }: { doctor: string | undefined; slot: Slot; id?: string }) {
  return (
    <dl class="visit-facts" id={id}>
      <dt>{t.patient.facts.doctor}</dt>
      <dd><DoctorName name={doctor} /></dd>
      <dt>{t.patient.facts.when}</dt>
      <dd><Moment time={slot.start_date} /></dd>
      <dt>{t.patient.facts.length}</dt>
      <dd>{t.ui.minutes(slot.duration)}</dd>
    </dl>
  );
}

/** An appointment in a list; where it can be cancelled and somebody cares, with a button for that. */
export function VisitCard({ visit, clinic, onCancel }: { visit: Visit; clinic?: Clinic; onCancel?: (visit: Visit) => void }) {
  return (
    <li class="card">
      <h3><a href={to("appointments", visit.id)}><Moment time={visit.start_date} /></a></h3>
      <p><DoctorName name={visit.doctor} /></p>
      <p class="row"><Status of={visit.status} /> <span class="faint">{t.ui.minutes(visit.duration)}</span></p>
      {clinic && onCancel && isCancellable(visit, clinic) && (
        <button
          type="button" class="danger" aria-label={t.patient.cancel.labelOf(when(visit.start_date))}
          onClick={() => onCancel(visit)}
        >
          {t.patient.cancel.open}
        </button>
      )}
    </li>
  );
}
