import { useEffect, useRef } from "preact/hooks";
import { t } from "../language";
import { hrefTo, hrefWith } from "../route";
import { Button, LinkButton } from "../ui/button";
import { Notice } from "../ui/notice";
import { dateTimeText } from "../ui/time";
import { forgetBooking, retryNow, useBooking, type Booking } from "./booking";
import { queryOf } from "./choice";
import { bookingMessage } from "./refusals";

/** On each page of a Patient: the booking of this tab, if its dialog is closed and its outcome was not shown there. */
export function BookingNotice() {
  const booking = useBooking(false);
  const notice = useRef<HTMLDivElement>(null);
  // The dialog was closed, or the page was loaded again.
  useEffect(() => {
    if (booking) notice.current?.focus();
  }, [booking === undefined]);
  useEffect(() => {
    if (booking) notice.current?.scrollIntoView({ block: "nearest" });
  }, [booking?.state]);
  return (
    <div role="status" class={booking ? "seen" : "hidden"} tabIndex={-1} ref={notice}>
      {booking && <BookingState booking={booking} />}
    </div>
  );
}

/** What is known about a booking. */
export function BookingState({ booking }: { booking: Booking }) {
  const { doctor, slot, type_id, patient } = booking.attempt;
  const texts = t.patient.book;
  const about = (
    <>
      <p class="strong">{texts.about(doctor.name, dateTimeText(slot.start_date))}</p>
      {patient && <p>{t.patient.choice.isFor(patient.name)}</p>}
    </>
  );
  if (booking.state === "sending") {
    return <Notice tone="warn">{about}<p>{texts.unknown}</p><Button onClick={retryNow}>{t.ui.again}</Button></Notice>;
  }
  if (booking.state === "booked") {
    return (
      <Notice tone="good">
        {about}
        <p>{texts.isBooked}</p>
        <LinkButton href={hrefTo("appointments", booking.id)} onClick={forgetBooking}>{t.patient.find.toNext}</LinkButton>
      </Notice>
    );
  }
  const others = hrefWith(["doctors", doctor.id], { ...queryOf(type_id, slot.duration), for: String(patient?.id ?? "") });
  return (
    <Notice tone="bad">
      {about}
      <p>{texts.isRefused} {bookingMessage(booking.error, patient?.name)}</p>
      <LinkButton href={others} onClick={forgetBooking}>{texts.another}</LinkButton>
    </Notice>
  );
}
