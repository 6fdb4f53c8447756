import { t } from "../language";
import { formatDateTime } from "../time";
import { Reschedule as RescheduleForm } from "../ui/reschedule";
import type { ActionProps } from "./appointment";
import { DateTime } from "./date-time";

/** Reschedules an appointment to a slot of its doctor. */
export function Reschedule({ appointment, onDone }: ActionProps) {
  const texts = t.admin.appointments;
  return (
    <section>
      <h3>{texts.reschedule}</h3>
      <RescheduleForm
        appointment={appointment} etag={appointment.etag} withLength refused={texts.refused} Time={DateTime}
        onDone={({ start_date }) => onDone(texts.rescheduled(formatDateTime(start_date)))}
      />
    </section>
  );
}
