import { answer, POST } from "../api/client";
import { t } from "../language";
import { isPast } from "../time";
import { Dialog } from "../ui/dialog";
import { Form } from "../ui/form";
import { Failure, Show, useAction, useLoad } from "../ui/load";
import { Status } from "../ui/status";
import { change, read, type Read, type Step } from "./appointment";
import { Lines } from "./lines";
import { Move } from "./move";
import { When } from "./when";

/** An appointment, and what can be done to it. */
export function AppointmentDialog({ id, onClose, onDone }: { id: number; onClose: () => void; onDone: (text: string) => void }) {
  const loaded = useLoad(() => read(id), [id]);
  const done = (text: string) => {
    onDone(text);
    onClose();
  };
  return (
    <Dialog title={t.admin.appointments.one(String(id))} onClose={onClose}>
      <Show of={loaded}>
        {(appointment) => (
          <>
            <Facts {...appointment} />
            <Steps appointment={appointment} onDone={done} />
          </>
        )}
      </Show>
    </Dialog>
  );
}

/** Until it starts it can be moved or cancelled, and from then on marked. */
function Steps(step: Step) {
  const { status, start_date } = step.appointment;
  if (status !== "Cancelled" && isPast(start_date)) return <Mark {...step} />;
  if (status !== "Booked") return null;
  return (
    <>
      <Move {...step} />
      <Cancel {...step} />
    </>
  );
}

function Facts({ doctor, patient, start_date, duration, status, reason }: Read) {
  const texts = t.admin.appointments;
  return (
    <dl class="facts-list">
      <dt>{texts.when}</dt><dd><When time={start_date} /> ({t.ui.minutes(duration)})</dd>
      <dt>{texts.doctor}</dt><dd><bdi>{doctor}</bdi></dd>
      <dt>{texts.patientColumn}</dt><dd><bdi>{patient}</bdi></dd>
      <dt>{texts.status}</dt><dd><Status of={status} /></dd>
      {reason && <><dt>{texts.reason}</dt><dd><bdi>{reason}</bdi></dd></>}
    </dl>
  );
}

function Cancel({ appointment, onDone }: Step) {
  const texts = t.admin.appointments;
  const submit = async ({ reason }: Record<string, string>) => {
    await answer(POST("/appointments/{appointment_id}/cancel", { ...change(appointment), body: { reason: reason || null } }));
    onDone(texts.cancelled);
  };
  return (
    <section>
      <h3>{texts.cancel}</h3>
      <Form submit={texts.cancel} danger onSubmit={submit}>
        <Lines label={texts.cancelReason} name="reason" maxlength={500} />
      </Form>
    </section>
  );
}

/** Whether the patient came: one answer may correct the other. */
function Mark({ appointment, onDone }: Step) {
  const texts = t.admin.appointments;
  const { busy, error, run } = useAction();
  const marks = [
    ["Done", texts.done, () => POST("/appointments/{appointment_id}/done", change(appointment))],
    ["NoShow", texts.noShow, () => POST("/appointments/{appointment_id}/no_show", change(appointment))],
  ] as const;
  const mark = (post: (typeof marks)[number][2]) =>
    run(async () => {
      await answer(post());
      onDone(texts.marked);
    });
  return (
    <section>
      <h3>{texts.mark}</h3>
      <Failure of={error} />
      <div class="row">
        {marks.filter(([status]) => status !== appointment.status).map(([status, text, post]) => (
          <button key={status} type="button" aria-disabled={busy} onClick={() => mark(post)}>{text}</button>
        ))}
      </div>
    </section>
  );
}
