import { useState } from "preact/hooks";
import { dataOf, POST } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { formatDateTime } from "../time";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { fetchVersioned, hasStarted, isAhead, isStale, type CalendarAppointment, type VersionedAppointment } from "./data";
import { DateTime } from "./date-time";

type Props = {
  appointment: CalendarAppointment;
  /** Whether the dialog opens because another user has changed the appointment. */
  isChanged?: boolean;
  onClose: () => void;
  onDone: (text: string) => void;
  onReschedule: (versioned: VersionedAppointment) => void;
  onStale: () => void;
};

/** The current version of an appointment, and the actions that it allows. */
export function AppointmentDialog({ appointment, isChanged = false, onClose, onDone, onReschedule, onStale }: Props) {
  const loaded = useLoad(() => fetchVersioned(appointment.id), [appointment.id]);
  const [stale, setStale] = useState(isChanged);
  /** Sends a change. If another user has changed the appointment since it was loaded, loads and shows the new version. */
  const send: Send = async (change, text) => {
    try {
      await change();
    } catch (error) {
      if (!isStale(error)) throw error;
      setStale(true);
      loaded.reload();
      onStale();
      return;
    }
    onDone(text);
  };
  return (
    <Dialog title={t.doctor.appointment.title} onClose={onClose}>
      {stale && <p class="notice bad" role="alert">{t.problems["appointment-changed"]}</p>}
      <WhenLoaded state={loaded}>
        {(versioned) => (
          <>
            <Details patient={appointment} versioned={versioned} />
            {isAhead(versioned.appointment) && <UpcomingActions versioned={versioned} onReschedule={onReschedule} send={send} />}
            {hasStarted(versioned.appointment) && <MarkButtons versioned={versioned} send={send} />}
          </>
        )}
      </WhenLoaded>
    </Dialog>
  );
}

type DetailsProps = { patient: CalendarAppointment; versioned: VersionedAppointment };

function Details({ patient: { patient_id, patient_name }, versioned: { appointment } }: DetailsProps) {
  const texts = t.doctor.appointment;
  return (
    <dl class="facts">
      <dt>{texts.patient}</dt>
      <dd><bdi>{patient_name}</bdi> <a href={hrefTo("patients", patient_id)}>{texts.history}</a></dd>
      <dt>{texts.time}</dt>
      <dd><DateTime time={appointment.start_date} /></dd>
      <dt>{texts.length}</dt>
      <dd>{t.ui.minutes(appointment.duration)}</dd>
      <dt>{texts.status}</dt>
      <dd><Status status={appointment.status} /></dd>
      {appointment.reason && <dt>{texts.reason}</dt>}
      {appointment.reason && <dd><bdi>{appointment.reason}</bdi></dd>}
    </dl>
  );
}

/** Sends a change, and shows the text if it succeeds. */
type Send = (change: () => Promise<unknown>, text: string) => Promise<void>;

const paramsFor = ({ appointment: { id }, etag }: VersionedAppointment) => ({ path: { appointment_id: id }, header: { "If-Match": etag } });

type UpcomingProps = { versioned: VersionedAppointment; onReschedule: (versioned: VersionedAppointment) => void; send: Send };

function UpcomingActions({ versioned, onReschedule, send }: UpcomingProps) {
  const texts = t.doctor.appointment;
  const cancel = ({ reason }: Record<string, string>) => {
    const call = { params: paramsFor(versioned), body: { reason: reason!.trim() || null } };
    const cancelled = texts.cancelled(formatDateTime(versioned.appointment.start_date));
    return send(() => dataOf(POST("/appointments/{appointment_id}/cancel", call)), cancelled);
  };
  return (
    <div class="stack">
      <button type="button" class="primary" onClick={() => onReschedule(versioned)}>{texts.reschedule}</button>
      <details>
        <summary>{texts.cancel}</summary>
        <Form submit={texts.cancelSubmit} onSubmit={cancel} danger>
          <Field label={texts.cancelReason} name="reason" maxlength={500} />
        </Form>
      </details>
    </div>
  );
}

/** Buttons to mark an appointment as done or as a no-show. One mark can be changed to the other. */
function MarkButtons({ versioned, send }: { versioned: VersionedAppointment; send: Send }) {
  const marking = useAction();
  const texts = t.doctor.appointment;
  const { status } = versioned.appointment;
  const params = paramsFor(versioned);
  const done = () => send(() => dataOf(POST("/appointments/{appointment_id}/done", { params })), texts.markedDone);
  const noShow = () => send(() => dataOf(POST("/appointments/{appointment_id}/no_show", { params })), texts.markedNoShow);
  return (
    <>
      <ErrorMessage error={marking.error} />
      <div class="row">
        {status !== "Done" && (
          <button type="button" aria-disabled={marking.busy} onClick={() => marking.run(done)}>{texts.done}</button>
        )}
        {status !== "NoShow" && (
          <button type="button" aria-disabled={marking.busy} onClick={() => marking.run(noShow)}>{texts.noShow}</button>
        )}
      </div>
    </>
  );
}
