import { useState } from "preact/hooks";
import { dataOf, GET } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { isPast } from "../time";
import { WhenLoaded, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { calendarUrl } from "./icalendar";
import { CancelDialog } from "./cancel-dialog";
import { dateTimeText } from "./date-time";
import { cancellableUntil, fetchClinic, isCancellable, type Clinic } from "./policy";
import { SuccessMessage } from "./success-message";
import { AppointmentDetails, withDoctor, type NamedAppointment } from "./appointment-card";

/** The page of one appointment, with its actions. `isNew` shows that it has just been booked. */
export function AppointmentPage({ id, isNew }: { id: number; isNew: boolean }) {
  useTitle(t.patient.appointment.title);
  const [isCancelling, setCancelling] = useState(false);
  const loaded = useLoad(async () => {
    const loadedAppointment = await dataOf(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } }));
    const [appointment, clinic] = await Promise.all([withDoctor(loadedAppointment), fetchClinic()]);
    return { appointment, clinic };
  }, []);
  const [isCancelled, setCancelled] = useState(false);
  const appointment = loaded.data?.appointment;
  const close = () => setCancelling(false);
  const done = () => {
    setCancelled(true);
    close();
    loaded.reload();
  };
  const message = () => {
    if (!appointment) return "";
    if (isCancelled) return t.patient.cancel.done(dateTimeText(appointment.start_date));
    return isNew && appointment.status === "Booked" ? t.patient.appointment.booked : "";
  };
  return (
    <section class="narrow">
      <h1>{t.patient.appointment.title}</h1>
      <SuccessMessage text={message()} />
      <WhenLoaded state={loaded}>
        {({ appointment, clinic }) => (
          <>
            <AppointmentDetails doctor={appointment.doctor} slot={appointment} />
            <p><Status status={appointment.status} /></p>
            {appointment.reason && <p>{t.patient.appointment.reason} <bdi>{appointment.reason}</bdi></p>}
            <Actions appointment={appointment} clinic={clinic} onCancel={() => setCancelling(true)} />
          </>
        )}
      </WhenLoaded>
      {isCancelling && appointment && <CancelDialog appointment={appointment} onClose={close} onCancelled={done} />}
    </section>
  );
}

function Actions({ appointment, clinic, onCancel }: { appointment: NamedAppointment; clinic: Clinic; onCancel: () => void }) {
  const isAhead = appointment.status === "Booked" && !isPast(appointment.start_date);
  const summary = appointment.doctor ? t.patient.appointment.summary(appointment.doctor) : t.patient.appointment.title;
  return (
    <div class="stack">
      {isAhead && (
        <a class="button" href={calendarUrl(appointment, summary, clinic.name)} download={t.patient.appointment.file(appointment.id)}>
          {t.patient.appointment.toCalendar}
        </a>
      )}
      {appointment.doctor && <a class="button" href={hrefTo("doctors", appointment.doctor_id)}>{t.patient.appointment.again}</a>}
      <a class="button" href={hrefTo("appointments")}>{t.patient.appointment.all}</a>
      {isAhead && <p class="faint">{cancellationText(appointment, clinic)}</p>}
      {isCancellable(appointment, clinic) && (
        <button type="button" class="danger" onClick={onCancel}>{t.patient.cancel.open}</button>
      )}
    </div>
  );
}

/** Returns the text about the last time at which an upcoming appointment can be cancelled. */
function cancellationText(appointment: NamedAppointment, clinic: Clinic): string {
  const until = cancellableUntil(appointment, clinic);
  if (until === undefined) return t.patient.cancel.never;
  return isPast(until) ? t.patient.cancel.tooLate : t.patient.cancel.until(dateTimeText(until));
}
