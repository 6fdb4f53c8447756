import { dataOf, POST, type Schemas } from "../api/client";
import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { AppointmentDetails } from "./appointment-card";
import type { Slot } from "./policy";

type Reason = { reason?: string };

/** Cancels an appointment. */
export const cancel = (appointment_id: number, body: Reason): Promise<Schemas["Appointment"]> =>
  dataOf(POST("/appointments/{appointment_id}/cancel", { params: { path: { appointment_id } }, body }));

type Props = {
  appointment: Slot & { doctor: string | undefined };
  onClose: () => void;
  onCancel: (reason: Reason) => Promise<void>;
};

/** Asks for confirmation and for a reason, then cancels the appointment. */
export function CancelDialog({ appointment, onClose, onCancel }: Props) {
  const submit = ({ reason }: Record<string, string>) => onCancel(reason!.trim() ? { reason: reason!.trim() } : {});
  return (
    <Dialog title={t.patient.cancel.title} onClose={onClose}>
      <AppointmentDetails doctor={appointment.doctor} slot={appointment} />
      <Form submit={t.patient.cancel.submit} onSubmit={submit} danger>
        <Field
          label={t.patient.cancel.reason} hint={t.patient.cancel.reasonHint} name="reason"
          maxlength={500} autocomplete="off"
        />
        <button type="button" class="keep" onClick={onClose}>{t.patient.cancel.keep}</button>
      </Form>
    </Dialog>
  );
}
