import type { Schemas } from "../api/client";
import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Reschedule } from "../ui/reschedule";
import { AppointmentDetails, type NamedAppointment } from "./appointment-card";
import { DateTime } from "./date-time";

type Props = { appointment: NamedAppointment; onClose: () => void; onRescheduled: (appointment: Schemas["Appointment"]) => void };

/** Reschedules an appointment to another time of its doctor. */
export function RescheduleDialog({ appointment, onClose, onRescheduled }: Props) {
  return (
    <Dialog title={t.patient.reschedule.title} onClose={onClose}>
      <AppointmentDetails doctor={appointment.doctor} slot={appointment} />
      <Reschedule appointment={appointment} refused={t.problems} Time={DateTime} onDone={onRescheduled} />
    </Dialog>
  );
}
