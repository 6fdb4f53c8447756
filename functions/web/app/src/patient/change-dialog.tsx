import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { CancelForm, type Reason } from "../appointment/cancel";
import { AppointmentDetails } from "../appointment/details";
import { RescheduleForm } from "../appointment/reschedule";
import type { Slot } from "../booking/data";
import { reloadClinic, useLoadedClinic } from "../clinic";
import { t } from "../language";
import { isPast } from "../time";
import { Button } from "../ui/button";
import { Contact } from "../ui/contact";
import { Dialog } from "../ui/dialog";
import { dateTimeText } from "../ui/time";
import { changeableUntil, type Change } from "./policy";

type Props = {
  change: Change;
  appointment: Slot & { doctor_id: number; doctor_name: string; specialty?: string | null };
  /** See `RescheduleForm`. */
  moving?: number;
  onClose: () => void;
  onCancel: (reason: Reason) => Promise<void>;
  onReschedule: (times: Slot) => Promise<void>;
};

/** Cancels or reschedules an appointment of a patient. */
export function ChangeDialog({ change, appointment, moving, onClose, onCancel, onReschedule }: Props) {
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
      <AppointmentDetails doctor={appointment.doctor_name} specialty={appointment.specialty} slot={appointment} />
      {isTooLate && <TooLate change={change} start_date={appointment.start_date} onClose={onClose} />}
      {!isTooLate && change === "cancel" && (
        <CancelForm hint={t.patient.cancel.reasonHint} onKeep={onClose} onCancel={(reason) => guard(onCancel(reason))} />
      )}
      {!isTooLate && change === "reschedule" && (
        <RescheduleForm
          appointment={appointment} {...(moving !== undefined && { moving })} texts={t.problems}
          onReschedule={(times) => guard(onReschedule(times))}
        />
      )}
    </Dialog>
  );
}

/** Says that the patient can no longer make a change here, until when it was possible, and whom to call. */
function TooLate({ change, start_date, onClose }: { change: Change; start_date: string; onClose: () => void }) {
  const clinic = useLoadedClinic();
  const notice = useRef<HTMLDivElement>(null);
  // The form with the focus is gone.
  useEffect(() => notice.current?.focus(), []);
  const until = clinic && changeableUntil(change, start_date, clinic);
  const texts = t.patient[change];
  return (
    <>
      <div class="notice bad" role="alert" tabIndex={-1} ref={notice}>
        <p>{until === undefined ? texts.never : texts.tooLate}</p>
        {until !== undefined && isPast(until) && <p>{t.patient.wasPossible(dateTimeText(until))}</p>}
      </div>
      {clinic && <Contact clinic={{ phone: clinic.phone, email: clinic.email }} />}
      <div><Button onClick={onClose}>{t.ui.close}</Button></div>
    </>
  );
}
