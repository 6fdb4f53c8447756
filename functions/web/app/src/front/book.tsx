import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import { Refusal } from "../appointment/refusal";
import { reloadTypes, type AppointmentType } from "../appointment-types";
import { ApiError, type Schemas } from "../api/client";
import type { Slot } from "../booking/data";
import { useClinic } from "../clinic";
import type { Patient } from "../family";
import { t } from "../language";
import { hrefTo, hrefWith, open } from "../route";
import { Button, LinkButton } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { violationsOf } from "../ui/errors";
import { TextArea } from "../ui/field";
import { Notice } from "../ui/notice";
import { book, forgetBooking, isUncertain, retryNow, useBooking, type Booking, type Order } from "./booking";
import { BookingState } from "./booking-notice";
import { queryOf } from "./choice";
import { refusalTexts } from "./refusals";

type Props = {
  doctor: Schemas["Profile"];
  slot: Slot;
  /** The appointment type, if the clinic has types for patients. */
  type: AppointmentType | undefined;
  /** The dependant whom the appointment is for, if it is for one. */
  patient: Patient | undefined;
  /** Chooses the patient, if there is a choice. */
  who: ComponentChildren;
  isSignedIn: boolean;
  onClose: () => void;
};

/** Shows an appointment before it is booked. Without an account, the way to book it leads to the registration. */
export function BookDialog({ doctor, slot: chosen, type: chosenType, patient, who, isSignedIn, onClose }: Props) {
  const clinic = useClinic();
  // The clinic can end a type while the dialog is open: the dialog does not change to another one.
  const [type] = useState(chosenType);
  // After a refusal, the user can choose another time here.
  const [slot, setSlot] = useState(chosen);
  const [note, setNote] = useState("");
  const details = useId();
  const order = {
    doctor: { id: doctor.id, name: doctor.name }, slot, type_id: type?.id,
    patient: patient && { id: patient.id, name: patient.name }, note: note.trim(),
  };
  const submit = (start_date: string) => {
    const another = { start_date, duration: slot.duration };
    setSlot(another);
    book({ ...order, slot: another });
  };
  return (
    <Dialog title={t.patient.book.title} onClose={onClose}>
      <div id={details}>
        <AppointmentDetails doctor={doctor.name} specialty={doctor.specialty} slot={slot}>
          {type && <><dt>{t.patient.choice.type}</dt><dd><bdi>{type.name}</bdi></dd></>}
          <dt>{t.patient.facts.place}</dt>
          <dd><bdi>{clinic.name}</bdi>{clinic.address && <small class="lines"><bdi>{clinic.address}</bdi></small>}</dd>
          {doctor.details && <><dt>{t.patient.facts.about}</dt><dd class="lines"><bdi>{doctor.details}</bdi></dd></>}
        </AppointmentDetails>
      </div>
      {isSignedIn ? (
        <Book order={order} details={details} onSubmit={submit} onClose={onClose}>
          {who}
          <TextArea
            label={t.patient.note.label} hint={t.patient.note.hint} name="note" maxlength={500} rows={2} value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </Book>
      ) : (
        <NeedsAccount doctor={doctor} slot={slot} type={type} />
      )}
    </Dialog>
  );
}

/** After the registration or the sign-in, the user is back at this time. */
function NeedsAccount({ doctor, slot: { start_date, duration }, type }: Pick<Props, "doctor" | "slot" | "type">) {
  const href = (account: string) =>
    hrefWith(["doctors", doctor.id], { time: start_date, ...queryOf(type?.id, duration), account });
  return (
    <div class="stack">
      <p class="faint">{t.patient.book.needsAccount}</p>
      <LinkButton kind="primary" full autofocus href={href("register")}>{t.patient.book.submit}</LinkButton>
      <LinkButton kind="quiet" full href={href("sign-in")}>{t.patient.book.hasAccount}</LinkButton>
    </div>
  );
}

type BookProps = {
  order: Order;
  /** The id of the element that describes the appointment. */
  details: string;
  onSubmit: (start_date: string) => void;
  onClose: () => void;
  /** The fields of the booking. */
  children: ComponentChildren;
};

/** The fields and the button that books, and what is known about the booking after that. */
function Book({ order: { doctor, slot }, details, onSubmit, onClose, children }: BookProps) {
  const booking = useBooking(true);
  useEffect(() => {
    if (booking?.state !== "booked") return;
    forgetBooking();
    open(hrefWith(["appointments", booking.id], { booked: "yes" }));
  }, [booking]);
  // The user has seen why the clinic refused.
  useEffect(() => forgetBooking, []);
  // A tab makes one booking at a time.
  const isOther = booking && (booking.attempt.doctor.id !== doctor.id || booking.attempt.slot.start_date !== slot.start_date);
  if (isOther) return <BookingState booking={booking} />;
  if (booking?.state === "refused") {
    return <Refused error={booking.error} patient={booking.attempt.patient?.name} onChoose={onSubmit} onClose={onClose} />;
  }
  const isSending = booking?.state === "sending";
  const isUnknown = booking !== undefined && isUncertain(booking);
  const progress = progressOf(booking);
  return (
    <div class="stack">
      {!isUnknown && children}
      <div role="status">{isUnknown ? <Notice tone="warn">{progress}</Notice> : <p class="faint">{progress}</p>}</div>
      {isUnknown ? (
        <Button full onClick={retryNow}>{t.ui.again}</Button>
      ) : (
        <Button
          kind="primary" full autofocus busy={isSending} aria-describedby={details} onClick={() => onSubmit(slot.start_date)}
        >
          {t.patient.book.submit}
        </Button>
      )}
    </div>
  );
}

/** Why the clinic has refused the booking, and what the user can do. */
function Refused({ error, patient, onChoose, onClose }: {
  error: unknown;
  /** The name of the dependant. */
  patient: string | undefined;
  onChoose: (start_date: string) => void;
  onClose: () => void;
}) {
  const refusal = useRef<HTMLDivElement>(null);
  const isAbout = (pointer: string) => violationsOf(error).some((violation) => violation.pointer === pointer);
  useEffect(() => {
    // The button with the focus is gone.
    refusal.current?.focus();
    // The clinic has changed its types. The page behind the dialog shows them, and reports errors when it is opened again.
    if (isAbout("/type_id")) reloadTypes().catch(() => {});
  }, []);
  return (
    <div class="section" tabIndex={-1} ref={refusal}>
      <Refusal error={error} texts={refusalTexts(patient)} busy={false} onChoose={onChoose} />
      {error instanceof ApiError && error.kind === "email-not-verified" && (
        <LinkButton kind="primary" href={hrefTo("account")}>{t.account.title}</LinkButton>
      )}
      <div class="row">
        {isAbout("/note") && <Button onClick={forgetBooking}>{t.patient.note.change}</Button>}
        <Button onClick={onClose}>{t.patient.book.another}</Button>
      </div>
    </div>
  );
}

function progressOf(booking: Booking | undefined): string {
  if (booking?.state !== "sending") return "";
  if (isUncertain(booking)) return t.patient.book.unknown;
  return booking.retries > 0 ? t.patient.book.retrying : t.patient.book.booking;
}
