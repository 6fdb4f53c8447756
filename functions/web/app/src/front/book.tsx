import { useEffect, useId, useRef, useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import { Refusal } from "../appointment/refusal";
import { ApiError, type Schemas } from "../api/client";
import type { Slot } from "../booking/data";
import { useClinic } from "../clinic";
import { t } from "../language";
import { hrefTo, hrefWith, open } from "../route";
import { Button, LinkButton } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { book, forgetBooking, isUncertain, retryNow, useBooking, type Booking } from "./booking";
import { BookingState } from "./booking-notice";

type Props = {
  doctor: Schemas["Profile"];
  slot: Slot;
  isSignedIn: boolean;
  onClose: () => void;
};

/** Shows an appointment before it is booked. Without an account, the way to book it leads to the registration. */
export function BookDialog({ doctor, slot: chosen, isSignedIn, onClose }: Props) {
  const clinic = useClinic();
  // After a refusal, the user can choose another time here.
  const [slot, setSlot] = useState(chosen);
  const details = useId();
  const submit = (start_date: string) => {
    const another = { start_date, duration: slot.duration };
    setSlot(another);
    book(doctor, another);
  };
  return (
    <Dialog title={t.patient.book.title} onClose={onClose}>
      <div id={details}>
        <AppointmentDetails doctor={doctor.name} specialty={doctor.specialty} slot={slot}>
          <dt>{t.patient.facts.place}</dt>
          <dd><bdi>{clinic.name}</bdi>{clinic.address && <small class="lines"><bdi>{clinic.address}</bdi></small>}</dd>
          {doctor.details && <><dt>{t.patient.facts.about}</dt><dd class="lines"><bdi>{doctor.details}</bdi></dd></>}
        </AppointmentDetails>
      </div>
      {isSignedIn ? (
        <Book doctor={doctor} slot={slot} details={details} onSubmit={submit} onClose={onClose} />
      ) : (
        <NeedsAccount doctor={doctor} slot={slot} />
      )}
    </Dialog>
  );
}

/** After the registration or the sign-in, the user is back at this time. */
function NeedsAccount({ doctor, slot: { start_date, duration } }: { doctor: Schemas["Profile"]; slot: Slot }) {
  const href = (account: string) => hrefWith(["doctors", doctor.id], { time: start_date, duration: String(duration), account });
  return (
    <div class="stack">
      <p class="faint">{t.patient.book.needsAccount}</p>
      <LinkButton kind="primary" full autofocus href={href("register")}>{t.patient.book.submit}</LinkButton>
      <LinkButton kind="quiet" full href={href("sign-in")}>{t.patient.book.hasAccount}</LinkButton>
    </div>
  );
}

type BookProps = {
  doctor: Schemas["Profile"];
  slot: Slot;
  /** The id of the element that describes the appointment. */
  details: string;
  onSubmit: (start_date: string) => void;
  onClose: () => void;
};

/** The button that books, and what is known about the booking after that. */
function Book({ doctor, slot, details, onSubmit, onClose }: BookProps) {
  const booking = useBooking(true);
  useEffect(() => {
    if (booking?.state !== "booked") return;
    forgetBooking();
    open(hrefWith(["appointments", booking.id], { booked: "yes" }));
  }, [booking]);
  // The user has seen why the clinic refused.
  useEffect(() => forgetBooking, []);
  const refusal = useRef<HTMLDivElement>(null);
  // The button with the focus is gone.
  useEffect(() => refusal.current?.focus(), [booking]);
  // A tab makes one booking at a time.
  const isOther = booking && (booking.attempt.doctor.id !== doctor.id || booking.attempt.slot.start_date !== slot.start_date);
  if (isOther) return <BookingState booking={booking} />;
  const isSending = booking?.state === "sending";
  if (booking?.state === "refused") {
    return (
      <div class="section" tabIndex={-1} ref={refusal}>
        <Refusal error={booking.error} texts={t.problems} busy={false} onChoose={onSubmit} />
        {booking.error instanceof ApiError && booking.error.kind === "email-not-verified" && (
          <LinkButton kind="primary" href={hrefTo("account")}>{t.account.title}</LinkButton>
        )}
        <div><Button onClick={onClose}>{t.patient.book.another}</Button></div>
      </div>
    );
  }
  const isUnknown = booking !== undefined && isUncertain(booking);
  const progress = progressOf(booking);
  return (
    <div class="stack">
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

function progressOf(booking: Booking | undefined): string {
  if (booking?.state !== "sending") return "";
  if (isUncertain(booking)) return t.patient.book.unknown;
  return booking.retries > 0 ? t.patient.book.retrying : t.patient.book.booking;
}
