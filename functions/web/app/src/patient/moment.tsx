import { t } from "../language";
import { dayOf, differs, inZone, phoneZone, showDate, showDayTime, showMoment, showTime } from "../time";

/** A day and a time in words, by the clinic's clock. */
export const when = (time: string): string => t.patient.when(showDate(dayOf(time)), showTime(time));

/** The same, and on the reader's own clock, where that tells another time. */
export function Moment({ time }: { time: string }) {
  return (
    <>
      <time dateTime={time}>{when(time)}</time>
      {differs(time) && <small class="own-time">{t.ui.yourTime(showMoment(time, phoneZone()))}</small>}
    </>
  );
}

/** A time of a day that is known; on the reader's own clock it may be another day. */
export function TimeOfDay({ time }: { time: string }) {
  const sameDay = inZone(time, phoneZone()).toPlainDate().equals(dayOf(time));
  return (
    <>
      {showTime(time)}
      {differs(time) && <small class="own-time">{t.ui.yourTime((sameDay ? showTime : showDayTime)(time, phoneZone()))}</small>}
    </>
  );
}
