import type { ComponentChildren } from "preact";
import { t } from "../language";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";

export type Reason = { reason?: string };

/** Asks for a reason, then cancels an appointment. `hint` says who reads the reason. `children` are more fields. */
export const CancelForm = ({ hint, submit = t.appointment.cancelSubmit, onKeep, onCancel, children }: {
  hint: string;
  submit?: string;
  children?: ComponentChildren;
  onKeep: () => void;
  onCancel: (reason: Reason) => Promise<void>;
}) => (
  <Form
    submit={submit} danger actions={<Button onClick={onKeep}>{t.appointment.keep}</Button>}
    onSubmit={({ reason = "" }) => onCancel(reason.trim() ? { reason: reason.trim() } : {})}
  >
    {children}
    <Field label={t.appointment.reason} hint={hint} name="reason" maxlength={500} autocomplete="off" />
  </Form>
);
