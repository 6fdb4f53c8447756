import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Reschedule, type Times } from "../ui/reschedule";
import { AppointmentDetails } from "./appointment-card";
import { DateTime } from "./date-time";

type Props = {
  appointment: Times & { doctor_id: number; doctor: string | undefined };
  /** See `Reschedule`. */
  moving?: number;
  onClose: () => void;
  onReschedule: (times: Times) => Promise<void>;
};

/** Reschedules an appointment to another time of its doctor. */
export function RescheduleDialog({ onClose, ...props }: Props) {
  return (
    <Dialog title={t.patient.reschedule.title} onClose={onClose}>
      <AppointmentDetails doctor={props.appointment.doctor} slot={props.appointment} />
      <Reschedule refused={t.problems} Time={DateTime} {...props} />
    </Dialog>
  );
}
