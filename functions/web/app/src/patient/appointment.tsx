import { useState } from "preact/hooks";
import { dataOf, GET, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { isPast } from "../time";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";
import { reschedule } from "../ui/reschedule";
import { save } from "../ui/save";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { cancel, CancelDialog } from "./cancel-dialog";
import { dateTimeText } from "./date-time";
import { cancellableUntil, fetchClinic, isCancellable, isReschedulable, reschedulableUntil, type Clinic } from "./policy";
import { RescheduleDialog } from "./reschedule-dialog";
import { SuccessMessage } from "../ui/success-message";
import { AppointmentDetails, withDoctor, type NamedAppointment } from "./appointment-card";

/** The page of one appointment, with its actions. `isNew` shows that it has just been booked. */
export function AppointmentPage({ id, isNew }: { id: number; isNew: boolean }) {
  useTitle(t.patient.appointment.title);
  const [open, setOpen] = useState<"cancel" | "reschedule">();
  const loaded = useLoad(async () => {
    const loadedAppointment = await dataOf(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } }));
    const [appointment, clinic] = await Promise.all([withDoctor(loadedAppointment), fetchClinic()]);
    return { appointment, clinic };
  }, []);
  const [message, setMessage] = useState("");
  const appointment = loaded.data?.appointment;
  const close = () => setOpen(undefined);
  const change = async (call: Promise<Schemas["Appointment"]>, text: (when: string) => string) => {
    setMessage(text(dateTimeText((await call).start_date)));
    close();
    loaded.reload();
  };
  const booked = isNew && appointment?.status === "Booked" ? t.patient.appointment.booked : "";
  return (
    <section class="narrow">
      <h1>{t.patient.appointment.title}</h1>
      <SuccessMessage text={message || booked} />
      <WhenLoaded state={loaded}>
        {({ appointment, clinic }) => (
          <>
            <AppointmentDetails doctor={appointment.doctor} slot={appointment} />
            <p><Status status={appointment.status} /></p>
            {appointment.reason && <p>{t.patient.appointment.reason} <bdi>{appointment.reason}</bdi></p>}
            <Actions appointment={appointment} clinic={clinic} onOpen={setOpen} />
          </>
        )}
      </WhenLoaded>
      {open === "cancel" && appointment && (
        <CancelDialog
          appointment={appointment} onClose={close} onCancel={(reason) => change(cancel(id, reason), t.patient.cancel.done)}
        />
      )}
      {open === "reschedule" && appointment && (
        <RescheduleDialog
          appointment={appointment} moving={id} onClose={close}
          onReschedule={(times) => change(reschedule(id, times), t.patient.reschedule.done)}
        />
      )}
    </section>
  );
}

type ActionsProps = { appointment: NamedAppointment; clinic: Clinic; onOpen: (action: "cancel" | "reschedule") => void };

function Actions({ appointment, clinic, onOpen }: ActionsProps) {
  const isAhead = appointment.status === "Booked" && !isPast(appointment.start_date);
  const { busy, error, run } = useAction();
  const saveCalendar = () =>
    run(async () => {
      const params = { path: { appointment_id: appointment.id } };
      const file = await dataOf(GET("/appointments/{appointment_id}/calendar", { params, parseAs: "blob" }));
      save(file, t.patient.appointment.file(appointment.id));
    });
  return (
    <div class="stack">
      {isAhead && (
        <button type="button" aria-disabled={busy} onClick={saveCalendar}>{t.patient.appointment.toCalendar}</button>
      )}
      <ErrorMessage error={error} />
      {appointment.doctor && <a class="button" href={hrefTo("doctors", appointment.doctor_id)}>{t.patient.appointment.again}</a>}
      <a class="button" href={hrefTo("appointments")}>{t.patient.appointment.all}</a>
      {isAhead && policyTexts(appointment, clinic).map((text) => <p key={text} class="faint">{text}</p>)}
      {isAhead && clinic.phone && <p class="faint">{t.patient.appointment.clinicPhone} <bdi>{clinic.phone}</bdi></p>}
      {isReschedulable(appointment, clinic) && (
        <button type="button" onClick={() => onOpen("reschedule")}>{t.patient.reschedule.open}</button>
      )}
      {isCancellable(appointment, clinic) && (
        <button type="button" class="danger" onClick={() => onOpen("cancel")}>{t.patient.cancel.open}</button>
      )}
    </div>
  );
}

/** Returns the texts about the last times at which an upcoming appointment can be rescheduled and cancelled. */
function policyTexts(appointment: NamedAppointment, clinic: Clinic): string[] {
  const [moved, cancelled] = [reschedulableUntil(appointment, clinic), cancellableUntil(appointment, clinic)];
  if (moved === undefined && cancelled === undefined) return [t.patient.appointment.callToChange];
  const text = (texts: Record<"never" | "tooLate", string> & { until: (when: string) => string }, until: string | undefined) => {
    if (until === undefined) return texts.never;
    return isPast(until) ? texts.tooLate : texts.until(dateTimeText(until));
  };
  return [text(t.patient.reschedule, moved), text(t.patient.cancel, cancelled)];
}
