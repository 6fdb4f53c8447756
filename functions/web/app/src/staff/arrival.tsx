import { dataOf, DELETE, PUT } from "../api/client";
import { s } from "../language/staff";
import { now as presentTime, Temporal } from "../time";
import type { ItemAction } from "../ui/calendar";
import { Badge, StatusBadge } from "../ui/badge";
import { useAction } from "../ui/load";
import { canArrive, type Appointment } from "./agenda";
import { lengthText } from "./length";

/** How long a patient has waited, for example "Waiting 12 min". Undefined if the patient does not wait. */
function waitingText(appointment: Appointment, now: string): string | undefined {
  const { arrived_at } = appointment;
  if (!arrived_at || !canArrive(appointment)) return undefined;
  const waited = Temporal.Instant.from(arrived_at).until(now).total("minutes");
  return s.doctor.arrival.waiting(lengthText(Math.max(0, Math.floor(waited))));
}

/** The status of an appointment, or how long its patient has waited. */
export function StaffStatus({ appointment, now = presentTime() }: { appointment: Appointment; now?: string }) {
  const waiting = waitingText(appointment, now);
  return waiting ? <Badge tone="warn">{waiting}</Badge> : <StatusBadge status={appointment.status} />;
}

/** Notes that the patient of an appointment has arrived, or that this is not so. */
export function setArrival({ id }: { id: number }, hasArrived: boolean): Promise<Appointment> {
  const [path, init] = ["/appointments/{appointment_id}/arrival", { params: { path: { appointment_id: id } } }] as const;
  return dataOf(hasArrived ? PUT(path, init) : DELETE(path, init));
}

/** What a change of the arrival says. */
export const arrivalText = ({ patient_name }: Appointment, hasArrived: boolean): string =>
  hasArrived ? s.doctor.arrival.noted(patient_name) : s.doctor.arrival.removed(patient_name);

/** The button of an item of the calendar that notes the arrival, and undoes that. `onDone` gets the text to show. */
export function useArrivals(onDone: (text: string, undo?: () => Promise<void>) => void) {
  const { busy, error, run } = useAction();
  const set = async (appointment: Appointment, hasArrived: boolean) => {
    await setArrival(appointment, hasArrived);
    onDone(arrivalText(appointment, hasArrived), hasArrived ? () => set(appointment, false) : undefined);
  };
  const actionOf = (appointment: Appointment): ItemAction | undefined =>
    canArrive(appointment) ? {
      text: s.doctor.arrival.arrived, label: s.doctor.arrival.of(appointment.patient_name), icon: "user",
      isOn: appointment.arrived_at !== null, isBusy: busy,
      onPress: () => void run(() => set(appointment, appointment.arrived_at === null)),
    } : undefined;
  return { actionOf, error };
}
