import { ApiError, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { useLoad } from "../ui/load";
import { PhoneLink } from "../ui/phone-link";
import { WhenLoaded } from "../ui/states";
import { DateTime } from "../ui/time";
import type { Appointment } from "./agenda";
import { fetchBookedIn } from "./plan";

/** The appointments that prevent time off or a closure, and its time. */
export type Conflict = { ids: number[]; start: string; end: string };

/** The appointments that an error names, if there are any. */
export function conflictOf(error: unknown, time: Pick<Schemas["Closure"], "start_date" | "end_date">): Conflict | undefined {
  const ids = error instanceof ApiError ? error.problem.appointments : undefined;
  return ids && { ids, start: time.start_date, end: time.end_date };
}

type Props = Conflict & { /** Without it, of all doctors. */ doctor?: number; hrefOf: (appointment: Appointment) => string };

/** Links to the appointments that must be rescheduled or cancelled first. */
export function Conflicts({ doctor, hrefOf, ids, start, end }: Props) {
  const loaded = useLoad(() => fetchBookedIn({ start_date: start, end_date: end }, doctor), [ids]);
  return (
    <section class="stack">
      <h4>{s.doctor.timeOff.conflicts}</h4>
      <WhenLoaded state={loaded}>
        {(appointments) => (
          <ul class="list">
            {appointments.filter(({ id }) => ids.includes(id)).map((appointment) => (
              <li key={appointment.id}>
                <a href={hrefOf(appointment)}><DateTime time={appointment.start_date} /></a> <bdi>{appointment.patient_name}</bdi>
                {appointment.patient_phone && <PhoneLink phone={appointment.patient_phone} />}
                {doctor === undefined && <bdi>{appointment.doctor_name}</bdi>}
              </li>
            ))}
          </ul>
        )}
      </WhenLoaded>
    </section>
  );
}
