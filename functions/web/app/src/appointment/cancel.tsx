import { t } from "../language";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";

export type Reason = { reason?: string };

/** Asks for a reason, then cancels an appointment. `hint` says who reads the reason. */
export const CancelForm = ({ hint, onKeep, onCancel }: {
  hint: string;
  onKeep: () => void;
  onCancel: (reason: Reason) => Promise<void>;
}) => (
  <Form
    submit={t.appointment.cancelSubmit} danger actions={<Button onClick={onKeep}>{t.appointment.keep}</Button>}
    onSubmit={({ reason = "" }) => onCancel(reason.trim() ? { reason: reason.trim() } : {})}
  >
    <Field label={t.appointment.reason} hint={hint} name="reason" maxlength={500} autocomplete="off" />
  </Form>
);
