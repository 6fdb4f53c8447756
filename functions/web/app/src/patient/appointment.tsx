import { useState } from "preact/hooks";
import { answer, GET } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { isPast } from "../time";
import { Show, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { useTitle } from "../ui/title";
import { calendarOf } from "./calendar";
import { Cancel } from "./cancel";
import { when } from "./moment";
import { cancellableUntil, clinicOf, isCancellable, type Clinic } from "./policy";
import { Said } from "./said";
import { Facts, withDoctor, type Visit } from "./visit";

/** One appointment: what it is, and what can be done with it. */
export function AppointmentPage({ id, isNew }: { id: number; isNew: boolean }) {
  useTitle(t.patient.appointment.title);
  const [isCancelling, setCancelling] = useState(false);
  const loaded = useLoad(async () => {
    const appointment = await answer(GET("/appointments/{appointment_id}", { params: { path: { appointment_id: id } } }));
    const [visit, clinic] = await Promise.all([withDoctor(appointment), clinicOf()]);
    return { visit, clinic };
  }, []);
  const [isCancelled, setCancelled] = useState(false);
  const visit = loaded.data?.visit;
  const close = () => setCancelling(false);
  const done = () => {
    setCancelled(true);
    close();
    loaded.reload();
  };
  const said = () => {
    if (!visit) return "";
    if (isCancelled) return t.patient.cancel.done(when(visit.start_date));
    return isNew && visit.status === "Booked" ? t.patient.appointment.booked : "";
  };
  return (
    <section class="narrow">
      <h1>{t.patient.appointment.title}</h1>
      <Said text={said()} />
      <Show of={loaded}>
        {({ visit, clinic }) => (
          <>
            <Facts doctor={visit.doctor} slot={visit} />
            <p><Status of={visit.status} /></p>
            {visit.reason && <p>{t.patient.appointment.reason} <bdi>{visit.reason}</bdi></p>}
            <Actions visit={visit} clinic={clinic} onCancel={() => setCancelling(true)} />
          </>
        )}
      </Show>
      {isCancelling && visit && <Cancel visit={visit} onClose={close} onCancelled={done} />}
    </section>
  );
}

function Actions({ visit, clinic, onCancel }: { visit: Visit; clinic: Clinic; onCancel: () => void }) {
  const isAhead = visit.status === "Booked" && !isPast(visit.start_date);
  const summary = visit.doctor ? t.patient.appointment.summary(visit.doctor) : t.patient.appointment.title;
  return (
    <div class="stack">
      {isAhead && (
        <a class="button" href={calendarOf(visit, summary, clinic.name)} download={t.patient.appointment.file(visit.id)}>
          {t.patient.appointment.toCalendar}
        </a>
      )}
      {visit.doctor && <a class="button" href={to("doctors", visit.doctor_id)}>{t.patient.appointment.again}</a>}
      <a class="button" href={to("appointments")}>{t.patient.appointment.all}</a>
      {isAhead && <p class="faint">{untilWhen(visit, clinic)}</p>}
      {isCancellable(visit, clinic) && <button type="button" class="danger" onClick={onCancel}>{t.patient.cancel.open}</button>}
    </div>
  );
}

/** Whether an appointment that is ahead can be cancelled here, in words. */
function untilWhen(visit: Visit, clinic: Clinic): string {
  const until = cancellableUntil(visit, clinic);
  if (until === undefined) return t.patient.cancel.never;
  return isPast(until) ? t.patient.cancel.tooLate : t.patient.cancel.until(when(until));
}
