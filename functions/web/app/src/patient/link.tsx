// The page of a mail's link to an appointment: `#/links/TOKEN`, with and without a session. Opening it changes nothing,
// because mail scanners open links too. The link works until the appointment starts, so its token stays in the address.
import { useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import { ApiError, GET, POST, resultOf, type Schemas } from "../api/client";
import { useLoadedClinic } from "../clinic";
import { t } from "../language";
import { hrefTo } from "../route";
import { setClinicZone } from "../time";
import { Badge, StatusBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Contact } from "../ui/contact";
import { ErrorMessage } from "../ui/errors";
import { useAction, useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText } from "../ui/time";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { CancelDialog, RescheduleDialog } from "./change-dialog";
import type { Change } from "./policy";

type Linked = Schemas["LinkedAppointment"];

async function fetchLinked(token: string): Promise<{ appointment: Linked; etag: string }> {
  const { data, response } = await resultOf(GET("/links/{token}", { params: { path: { token } } }));
  setClinicZone(data.clinic.time_zone);
  return { appointment: data, etag: response.headers.get("ETag")! };
}

export function LinkPage({ token, isSignedIn }: { token: string; isSignedIn: boolean }) {
  useTitle(t.patient.appointment.title);
  const [opened, setOpened] = useState<Change>();
  const confirmation = useAction();
  const loaded = useLoad(() => fetchLinked(token), []);
  const close = () => setOpened(undefined);
  const change = async (call: ReturnType<typeof resultOf<Linked>>, text: (when: string) => string) => {
    try {
      toast(text(dateTimeText((await call).data.start_date)));
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
    <section class="page narrow">
      <h1>{t.patient.appointment.title}</h1>
      <WhenLoaded state={loaded} skeleton={<Skeleton height={24} />}>
        {({ appointment }) => (
          <>
            <Details appointment={appointment} />
            <ErrorMessage error={confirmation.error} />
            <Actions appointment={appointment} busy={confirmation.busy} onConfirm={confirm} onOpen={setOpened} />
          </>
        )}
      </WhenLoaded>
      {opened === "cancel" && appointment && (
        <CancelDialog
          appointment={appointment} onClose={close}
          onCancel={(body) => change(resultOf(POST("/links/{token}/cancel", { params, body })), t.patient.cancel.done)}
        />
      )}
      {opened === "reschedule" && appointment && (
        <RescheduleDialog
          appointment={appointment} onClose={close}
          onReschedule={(body) =>
            change(resultOf(POST("/links/{token}/reschedule", { params, body })), t.patient.reschedule.done)}
        />
      )}
    </section>
  );
}

const Details = ({ appointment }: { appointment: Linked }) => (
  <div class="card">
    <div class="row">
      <StatusBadge status={appointment.status} />
      {appointment.status === "Booked" && appointment.confirmed_at && <Badge tone="good">{t.patient.link.isConfirmed}</Badge>}
    </div>
    <AppointmentDetails doctor={appointment.doctor_name} specialty={appointment.specialty} slot={appointment}>
      <dt>{t.patient.facts.place}</dt>
      <dd><bdi>{appointment.clinic.name}</bdi></dd>
    </AppointmentDetails>
    <Contact clinic={appointment.clinic} />
  </div>
);

type ActionsProps = { appointment: Linked; busy: boolean; onConfirm: () => void; onOpen: (change: Change) => void };

function Actions({ appointment, busy, onConfirm, onOpen }: ActionsProps) {
  const { status, doctor_id, can_confirm, can_cancel, can_reschedule } = appointment;
  if (status === "Cancelled") return <LinkButton href={hrefTo("doctors", doctor_id)}>{t.patient.appointment.again}</LinkButton>;
  const texts: string[] = [];
  if (!can_reschedule) texts.push(can_cancel ? t.patient.reschedule.never : t.patient.appointment.callToChange);
  if (can_reschedule && !can_cancel) texts.push(t.patient.cancel.never);
  return (
    <div class="stack">
      {can_confirm && <Button kind="primary" full busy={busy} onClick={onConfirm}>{t.patient.link.confirm}</Button>}
      {can_reschedule && <Button full onClick={() => onOpen("reschedule")}>{t.patient.reschedule.open}</Button>}
      {can_cancel && <Button kind="danger" full onClick={() => onOpen("cancel")}>{t.patient.cancel.open}</Button>}
      {texts.map((text) => <p key={text} class="faint">{text}</p>)}
    </div>
  );
}

/** The page of a link that no longer works, or never did. */
function Expired({ isSignedIn }: { isSignedIn: boolean }) {
  const clinic = useLoadedClinic();
  return (
    <section class="page narrow">
      <h1>{t.patient.appointment.title}</h1>
      <Notice tone="bad" role="alert">
        <p>{t.patient.link.expired}</p>
        <p>{t.patient.link.expiredNext}</p>
      </Notice>
      {clinic && <Contact clinic={{ phone: clinic.phone, email: clinic.email }} />}
      {isSignedIn ? (
        <LinkButton kind="primary" href={hrefTo()}>{t.ui.home}</LinkButton>
      ) : (
        <LinkButton kind="primary" href={hrefTo("appointments")}>{t.signIn.submit}</LinkButton>
      )}
    </section>
  );
}
