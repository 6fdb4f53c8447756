import { t } from "../language";
import { dayOf, offsetsDiffer, inZone, deviceZone, formatDate, formatWeekdayTime, formatDateTime, formatTime } from "../time";

/** A date and time as text, in the clinic's time zone. */
export const dateTimeText = (time: string): string => t.patient.when(formatDate(dayOf(time)), formatTime(time));

/** A date and time in the clinic's time zone, and in the device's if its UTC offset differs. */
export function DateTime({ time }: { time: string }) {
  return (
    <>
      <time dateTime={time}>{dateTimeText(time)}</time>
      {offsetsDiffer(time) && <small class="own-time">{t.ui.yourTime(formatDateTime(time, deviceZone()))}</small>}
    </>
  );
}

/** A time under the heading of its date. In the device's time zone the date may differ: then it shows the weekday too. */
export function TimeOfDay({ time }: { time: string }) {
  const sameDay = inZone(time, deviceZone()).toPlainDate().equals(dayOf(time));
  return (
    <>
      {formatTime(time)}
      {offsetsDiffer(time) && <small class="own-time">{t.ui.yourTime((sameDay ? formatTime : formatWeekdayTime)(time, deviceZone()))}</small>}
    </>
  );
}
