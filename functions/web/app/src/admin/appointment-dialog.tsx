import { dataOf, POST } from "../api/client";
import { t } from "../language";
import { isPast } from "../time";
import { Dialog } from "../ui/dialog";
import { Form } from "../ui/form";
import { ErrorMessage, WhenLoaded, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { changeOptions, fetchAppointment, type ActionProps, type NamedAppointment } from "./appointment";
import { TextArea } from "./text-area";
import { Reschedule } from "./reschedule";
import { DateTime } from "./date-time";

/** An appointment and the actions that it allows. */
export function AppointmentDialog({ id, onClose, onDone }: { id: number; onClose: () => void; onDone: (text: string) => void }) {
  const loaded = useLoad(() => fetchAppointment(id), [id]);
  const done = (text: string) => {
    onDone(text);
    onClose();
  };
  return (
    <Dialog title={t.admin.appointments.one(String(id))} onClose={onClose}>
      <WhenLoaded state={loaded}>
        {(appointment) => (
          <>
            <Details {...appointment} />
            <Actions appointment={appointment} onDone={done} />
          </>
        )}
      </WhenLoaded>
    </Dialog>
  );
}

/** Before its start an appointment can be rescheduled or cancelled. After it, it can be marked. */
function Actions(props: ActionProps) {
  const { status, start_date } = props.appointment;
  if (status !== "Cancelled" && isPast(start_date)) return <Mark {...props} />;
  if (status !== "Booked") return null;
  return (
    <>
      <Reschedule {...props} />
      <Cancel {...props} />
    </>
  );
}

function Details({ doctor, patient, start_date, duration, status, reason }: NamedAppointment) {
  const texts = t.admin.appointments;
  return (
    <dl class="facts-list">
      <dt>{texts.when}</dt><dd><DateTime time={start_date} /> ({t.ui.minutes(duration)})</dd>
      <dt>{texts.doctor}</dt><dd><bdi>{doctor}</bdi></dd>
      <dt>{texts.patientColumn}</dt><dd><bdi>{patient}</bdi></dd>
      <dt>{texts.status}</dt><dd><Status status={status} /></dd>
      {reason && <><dt>{texts.reason}</dt><dd><bdi>{reason}</bdi></dd></>}
    </dl>
  );
}

function Cancel({ appointment, onDone }: ActionProps) {
  const texts = t.admin.appointments;
  const submit = async ({ reason }: Record<string, string>) => {
    await dataOf(POST("/appointments/{appointment_id}/cancel", { ...changeOptions(appointment), body: { reason: reason || null } }));
    onDone(texts.cancelled);
  };
  return (
    <section>
      <h3>{texts.cancel}</h3>
      <Form submit={texts.cancel} danger onSubmit={submit}>
        <TextArea label={texts.cancelReason} name="reason" maxlength={500} />
      </Form>
    </section>
  );
}

/** Buttons to mark an appointment as done or as a no-show. One mark can be changed to the other. */
function Mark({ appointment, onDone }: ActionProps) {
  const texts = t.admin.appointments;
  const { busy, error, run } = useAction();
  const marks = [
    ["Done", texts.done, () => POST("/appointments/{appointment_id}/done", changeOptions(appointment))],
    ["NoShow", texts.noShow, () => POST("/appointments/{appointment_id}/no_show", changeOptions(appointment))],
  ] as const;
  const mark = (post: (typeof marks)[number][2]) =>
    run(async () => {
      await dataOf(post());
      onDone(texts.marked);
    });
  return (
    <section>
      <h3>{texts.mark}</h3>
      <ErrorMessage error={error} />
      <div class="row">
        {marks.filter(([status]) => status !== appointment.status).map(([status, text, post]) => (
          <button key={status} type="button" aria-disabled={busy} onClick={() => mark(post)}>{text}</button>
        ))}
      </div>
    </section>
  );
}
