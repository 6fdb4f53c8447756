// The page of a mail's link to an appointment: `#/links/TOKEN`, with and without a session. Opening it changes nothing,
// because mail scanners open links too. The link works until the appointment starts, so its token stays in the address.
import { useState } from "preact/hooks";
import { ApiError, GET, POST, resultOf, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import { setClinicZone } from "../time";
import { ErrorMessage, useAction, useLoad, WhenLoaded } from "../ui/load";
import { Status } from "../ui/status";
import { SuccessMessage } from "../ui/success-message";
import { useTitle } from "../ui/title";
import { AppointmentDetails } from "./appointment-card";
import { CancelDialog } from "./cancel-dialog";
import { dateTimeText } from "./date-time";
import { fetchClinic } from "./policy";
import { RescheduleDialog } from "./reschedule-dialog";

type Linked = Schemas["LinkedAppointment"] & { doctor: string };
type Change = ReturnType<typeof resultOf<Schemas["LinkedAppointment"]>>;

async function fetchLinked(token: string): Promise<{ appointment: Linked; etag: string }> {
  const { data, response } = await resultOf(GET("/links/{token}", { params: { path: { token } } }));
  setClinicZone(data.clinic.time_zone);
  return { appointment: { ...data, doctor: data.doctor_name }, etag: response.headers.get("ETag")! };
}

/** The policy no longer allows the change. The common text for `forbidden` is about accounts. */
function asTooLate(error: unknown): never {
  if (error instanceof ApiError && error.kind === "forbidden") throw new ApiError({ ...error.problem, type: "/problems/too-late" });
  throw error;
}

export function LinkPage({ token, isSignedIn }: { token: string; isSignedIn: boolean }) {
  useTitle(t.patient.appointment.title);
  const [open, setOpen] = useState<"cancel" | "reschedule">();
  const [message, setMessage] = useState("");
  const confirmation = useAction();
  const loaded = useLoad(() => fetchLinked(token), []);
  const close = () => setOpen(undefined);
  const change = async (call: Change, text: (when: string) => string) => {
    try {
      const { data } = await call.catch(asTooLate);
      setMessage(text(dateTimeText(data.start_date)));
      confirmation.clear();
      close();
    } finally {
      // After a refusal too: the appointment has changed.
      loaded.reload();
    }
  };
  if (loaded.error instanceof ApiError && ["link-expired", "not-found"].includes(loaded.error.kind)) {
    return <Expired isSignedIn={isSignedIn} />;
  }
  // Refused if the appointment is no longer as this page shows it.
  const params = { path: { token }, header: { "If-Match": loaded.data?.etag } };
  const confirm = () =>
    confirmation.run(() => change(resultOf(POST("/links/{token}/confirm", { params })), () => t.patient.link.confirmed));
  const appointment = loaded.data?.appointment;
  return (
    <section class="narrow">
      <h1>{t.patient.appointment.title}</h1>
      <SuccessMessage text={message} />
      <WhenLoaded state={loaded}>
        {({ appointment }) => (
          <>
            <Details appointment={appointment} />
            <ErrorMessage error={confirmation.error} />
            <Actions appointment={appointment} busy={confirmation.busy} onConfirm={confirm} onOpen={setOpen} />
          </>
        )}
      </WhenLoaded>
      {open === "cancel" && appointment && (
        <CancelDialog
          appointment={appointment} onClose={close}
          onCancel={(body) => change(resultOf(POST("/links/{token}/cancel", { params, body })), t.patient.cancel.done)}
        />
      )}
      {open === "reschedule" && appointment && (
        <RescheduleDialog
          appointment={appointment} onClose={close}
          onReschedule={(body) => change(resultOf(POST("/links/{token}/reschedule", { params, body })), t.patient.reschedule.done)}
        />
      )}
    </section>
  );
}

function Details({ appointment }: { appointment: Linked }) {
  const { doctor, specialty, status, confirmed_at, clinic } = appointment;
  return (
    <>
      <p class="row">
        <Status status={status} />
        {status === "Booked" && confirmed_at && <span class="status Done">{t.patient.link.isConfirmed}</span>}
      </p>
      <AppointmentDetails doctor={doctor} specialty={specialty} slot={appointment}>
        <dt>{t.patient.link.clinic}</dt>
        <dd><bdi>{clinic.name}</bdi>{clinic.address && <small><bdi>{clinic.address}</bdi></small>}</dd>
        {clinic.phone && <><dt>{t.patient.link.phone}</dt><dd><Phone number={clinic.phone} /></dd></>}
        {clinic.email && <><dt>{t.patient.link.email}</dt><dd><a href={`mailto:${clinic.email}`}><bdi>{clinic.email}</bdi></a></dd></>}
      </AppointmentDetails>
    </>
  );
}

const Phone = ({ number }: { number: string }) => <a href={`tel:${number.replace(/\s/g, "")}`}><bdi dir="ltr">{number}</bdi></a>;

type ActionsProps = { appointment: Linked; busy: boolean; onConfirm: () => void; onOpen: (action: "cancel" | "reschedule") => void };

function Actions({ appointment, busy, onConfirm, onOpen }: ActionsProps) {
  const { status, doctor_id, can_confirm, can_cancel, can_reschedule } = appointment;
  if (status === "Cancelled") {
    return <a class="button" href={hrefTo("doctors", doctor_id)}>{t.patient.appointment.again}</a>;
  }
  const texts: string[] = [];
  if (!can_reschedule) texts.push(can_cancel ? t.patient.reschedule.never : t.patient.appointment.callToChange);
  if (can_reschedule && !can_cancel) texts.push(t.patient.cancel.never);
  return (
    <div class="stack">
      {can_confirm && <button type="button" class="primary" aria-disabled={busy} onClick={onConfirm}>{t.patient.link.confirm}</button>}
      {can_reschedule && <button type="button" onClick={() => onOpen("reschedule")}>{t.patient.reschedule.open}</button>}
      {can_cancel && <button type="button" class="danger" onClick={() => onOpen("cancel")}>{t.patient.cancel.open}</button>}
      {texts.map((text) => <p key={text} class="faint">{text}</p>)}
    </div>
  );
}

/** The page of a link that no longer works, or never did. */
function Expired({ isSignedIn }: { isSignedIn: boolean }) {
  const clinic = useLoad(fetchClinic, []);
  const phone = clinic.data?.phone;
  return (
    <section class="narrow">
      <h1>{t.patient.appointment.title}</h1>
      <div class="notice bad" role="alert">
        <p>{t.patient.link.expired}</p>
        <p>{t.patient.link.expiredNext}</p>
      </div>
      {phone && <p>{t.patient.appointment.clinicPhone} <Phone number={phone} /></p>}
      {isSignedIn ? (
        <a class="button primary" href={hrefTo()}>{t.ui.home}</a>
      ) : (
        <a class="button primary" href={hrefTo("appointments")}>{t.signIn.submit}</a>
      )}
    </section>
  );
}
