import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { CancelForm, type Reason } from "../appointment/cancel";
import { AppointmentDetails } from "../appointment/details";
import { RescheduleForm } from "../appointment/reschedule";
import type { Slot } from "../booking/data";
import { reloadClinic, useLoadedClinic } from "../clinic";
import { refusalTexts } from "../front/refusals";
import { t } from "../language";
import { isPast } from "../time";
import { Button } from "../ui/button";
import { Contact } from "../ui/contact";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { dateTimeText } from "../ui/time";
import { changeableUntil, type Change } from "./policy";

type Props = {
  appointment: Slot & { doctor_id: number; doctor_name: string; specialty?: string | null };
  /** The name of the dependant whose appointment it is, if it is one's. */
  dependant?: string | undefined;
  onClose: () => void;
};

/** Cancels an appointment of a patient. */
export const CancelDialog = ({ onCancel, ...props }: Props & { onCancel: (reason: Reason) => Promise<void> }) => (
  <ChangeDialog {...props} change="cancel">
    {(guard) => (
      <CancelForm hint={t.patient.cancel.reasonHint} onKeep={props.onClose} onCancel={(reason) => guard(onCancel(reason))} />
    )}
  </ChangeDialog>
);

/** Reschedules an appointment of a patient. */
export const RescheduleDialog = ({ moving, onReschedule, ...props }: Props & {
  /** See `RescheduleForm`. */
  moving?: number;
  onReschedule: (times: Slot) => Promise<void>;
}) => (
  <ChangeDialog {...props} change="reschedule">
    {(guard) => (
      <RescheduleForm
        appointment={props.appointment} {...(moving !== undefined && { moving })} texts={refusalTexts(props.dependant)}
        onReschedule={(times) => guard(onReschedule(times))}
      />
    )}
  </ChangeDialog>
);

/** `children` returns the form. It sends its request through `guard`, which handles a refusal by the policy. */
function ChangeDialog({ change, appointment, dependant, onClose, children }: Props & {
  change: Change;
  children: (guard: (call: Promise<void>) => Promise<void>) => ComponentChildren;
}) {
  const [isTooLate, setTooLate] = useState(false);
  // For a patient's own appointment, the API refuses with this problem if the policy does not allow the change any more.
  const guard = (call: Promise<void>) =>
    call.catch(async (error: unknown) => {
      if (!(error instanceof ApiError && error.kind === "forbidden")) throw error;
      await reloadClinic();
      setTooLate(true);
    });
  return (
    <Dialog title={t.patient[change].title} large={change === "reschedule" && !isTooLate} onClose={onClose}>
      <AppointmentDetails
        doctor={appointment.doctor_name} specialty={appointment.specialty} slot={appointment}
        patient={dependant && <bdi>{dependant}</bdi>}
      />
      {isTooLate ? <TooLate change={change} start_date={appointment.start_date} onClose={onClose} /> : children(guard)}
    </Dialog>
  );
}

/** Says that the patient can no longer make a change here, until when it was possible, and whom to call. */
function TooLate({ change, start_date, onClose }: { change: Change; start_date: string; onClose: () => void }) {
  const clinic = useLoadedClinic();
  const until = clinic && changeableUntil(change, start_date, clinic);
  const texts = t.patient[change];
  return (
    <>
      <Notice tone="bad" role="alert" focused>
        <p>{until === undefined ? texts.never : texts.tooLate}</p>
        {until !== undefined && isPast(until) && <p>{t.patient.wasPossible(dateTimeText(until))}</p>}
      </Notice>
      {clinic && <Contact clinic={{ phone: clinic.phone, email: clinic.email }} />}
      <div><Button onClick={onClose}>{t.ui.close}</Button></div>
    </>
  );
}
