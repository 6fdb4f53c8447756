import { dataOf, POST, type Schemas } from "../api/client";
import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { AppointmentDetails, type NamedAppointment } from "./appointment-card";

type Props = { appointment: NamedAppointment; onClose: () => void; onCancelled: (appointment: Schemas["Appointment"]) => void };

/** Asks for confirmation and for a reason, then cancels the appointment. */
export function CancelDialog({ appointment, onClose, onCancelled }: Props) {
  const submit = async ({ reason }: Record<string, string>) => {
    const params = { path: { appointment_id: appointment.id } };
    const body = reason!.trim() ? { reason: reason!.trim() } : {};
    onCancelled(await dataOf(POST("/appointments/{appointment_id}/cancel", { params, body })));
  };
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
