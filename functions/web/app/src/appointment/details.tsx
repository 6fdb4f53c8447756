import type { ComponentChildren } from "preact";
import { t } from "../language";
import type { Slot } from "../booking/data";
import { DateTime, dateTimeText } from "../ui/time";

type DetailsProps = {
  slot: Slot;
  doctor?: string;
  patient?: ComponentChildren;
  specialty?: string | null | undefined;
  /** The start before the last reschedule, if there was one. */
  movedFrom?: string | null | undefined;
  /** More terms and descriptions. */
  children?: ComponentChildren;
};

/** Who meets whom and when, as a list of facts. */
export const AppointmentDetails = ({ slot, doctor, patient, specialty, movedFrom, children }: DetailsProps) => (
  <dl class="facts">
    {patient && <><dt>{t.appointment.patient}</dt><dd>{patient}</dd></>}
    {doctor && <><dt>{t.appointment.doctor}</dt><dd><bdi>{doctor}</bdi>{specialty && <small><bdi>{specialty}</bdi></small>}</dd></>}
    <dt>{t.appointment.when}</dt>
    <dd>
      <DateTime time={slot.start_date} format={dateTimeText} />
      {movedFrom && <small>{t.appointment.movedFrom(dateTimeText(movedFrom))}</small>}
    </dd>
    <dt>{t.appointment.length}</dt>
    <dd>{t.ui.minutes(slot.duration)}</dd>
    {children}
  </dl>
);
