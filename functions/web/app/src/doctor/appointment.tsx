import { useState } from "preact/hooks";
import { answer, POST } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import { showMoment } from "../time";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { Failure, Show, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { hasStarted, hold, isAhead, isStale, type Booked, type Held } from "./data";
import { When } from "./when";

type Props = {
  booked: Booked;
  /** Whether it is shown since somebody else has changed it. */
  changed?: boolean;
  onClose: () => void;
  onDone: (text: string) => void;
  onMove: (held: Held) => void;
  onStale: () => void;
};

/** An appointment as it is now, and what can be done with it. */
export function AppointmentDialog({ booked, changed = false, onClose, onDone, onMove, onStale }: Props) {
  const read = useLoad(() => hold(booked.id), [booked.id]);
  const [stale, setStale] = useState(changed);
  /** Writes what was decided of the appointment as it was read; where it is another by now, shows it anew. */
  const write = async (change: () => Promise<unknown>, text: string) => {
    try {
      await change();
    } catch (error) {
      if (!isStale(error)) throw error;
      setStale(true);
      read.reload();
      onStale();
      return;
    }
    onDone(text);
  };
  return (
    <Dialog title={t.doctor.appointment.title} onClose={onClose}>
      {stale && <p class="notice bad" role="alert">{t.problems["appointment-changed"]}</p>}
      <Show of={read}>
        {(held) => (
          <>
            <Facts booked={booked} held={held} />
            {isAhead(held.appointment) && <Ahead held={held} onMove={onMove} write={write} />}
            {hasStarted(held.appointment) && <Marks held={held} write={write} />}
          </>
        )}
      </Show>
    </Dialog>
  );
}

function Facts({ booked, held: { appointment } }: { booked: Booked; held: Held }) {
  const texts = t.doctor.appointment;
  return (
    <dl class="facts">
      <dt>{texts.patient}</dt>
      <dd><bdi>{booked.patient_name}</bdi> <a href={to("patients", booked.patient_id)}>{texts.history}</a></dd>
      <dt>{texts.time}</dt>
      <dd><When time={appointment.start_date} /></dd>
      <dt>{texts.length}</dt>
      <dd>{t.ui.minutes(appointment.duration)}</dd>
      <dt>{texts.status}</dt>
      <dd><Status of={appointment.status} /></dd>
      {appointment.reason && <dt>{texts.reason}</dt>}
      {appointment.reason && <dd><bdi>{appointment.reason}</bdi></dd>}
    </dl>
  );
}

type Write = (change: () => Promise<unknown>, text: string) => Promise<void>;

const target = ({ appointment: { id }, etag }: Held) => ({ path: { appointment_id: id }, header: { "If-Match": etag } });

function Ahead({ held, onMove, write }: { held: Held; onMove: (held: Held) => void; write: Write }) {
  const texts = t.doctor.appointment;
  const cancel = ({ reason }: Record<string, string>) => {
    const call = { params: target(held), body: { reason: reason!.trim() || null } };
    const cancelled = texts.cancelled(showMoment(held.appointment.start_date));
    return write(() => answer(POST("/appointments/{appointment_id}/cancel", call)), cancelled);
  };
  return (
    <div class="stack">
      <button type="button" class="primary" onClick={() => onMove(held)}>{texts.move}</button>
      <details>
        <summary>{texts.cancel}</summary>
        <Form submit={texts.cancelSubmit} onSubmit={cancel} danger>
          <Field label={texts.cancelReason} name="reason" maxlength={500} />
        </Form>
      </details>
    </div>
  );
}

/** Whether the patient came. One mark corrects the other. */
function Marks({ held, write }: { held: Held; write: Write }) {
  const marking = useAction();
  const texts = t.doctor.appointment;
  const { status } = held.appointment;
  const params = target(held);
  const done = () => write(() => answer(POST("/appointments/{appointment_id}/done", { params })), texts.markedDone);
  const noShow = () => write(() => answer(POST("/appointments/{appointment_id}/no_show", { params })), texts.markedNoShow);
  return (
    <>
      <Failure of={marking.error} />
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
