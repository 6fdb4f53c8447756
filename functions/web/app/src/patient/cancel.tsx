import { answer, POST, type Schemas } from "../api/client";
import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { Facts, type Visit } from "./visit";

type Props = { visit: Visit; onClose: () => void; onCancelled: (appointment: Schemas["Appointment"]) => void };

/** Asks whether an appointment is to be cancelled, and why. */
export function Cancel({ visit, onClose, onCancelled }: Props) {
  const submit = async ({ reason }: Record<string, string>) => {
    const params = { path: { appointment_id: visit.id } };
    const body = reason!.trim() ? { reason: reason!.trim() } : {};
    onCancelled(await answer(POST("/appointments/{appointment_id}/cancel", { params, body })));
  };
  return (
    <Dialog title={t.patient.cancel.title} onClose={onClose}>
      <Facts doctor={visit.doctor} slot={visit} />
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
