import { t } from "../language";
import { formatDateTime } from "../time";
import { reschedule, Reschedule as RescheduleForm, type Times } from "../ui/reschedule";
import type { ActionProps } from "./appointment";
import { DateTime } from "./date-time";

/** Reschedules an appointment to a slot of its doctor. */
export function Reschedule({ appointment, onDone }: ActionProps) {
  const texts = t.admin.appointments;
  const { id, etag } = appointment;
  const send = async (times: Times) => onDone(texts.rescheduled(formatDateTime((await reschedule(id, times, etag)).start_date)));
  return (
    <section>
      <h3>{texts.reschedule}</h3>
      <RescheduleForm
        appointment={appointment} moving={id} withLength refused={texts.refused} Time={DateTime} onReschedule={send}
      />
    </section>
  );
}
