import { t } from "../language";
import {
  clinicZone, dayOf, deviceZone, formatDate, formatDateTime, formatTime, formatWeekdayTime, inZone, now, offsetsDiffer,
} from "../time";

/** A date and time as text, with the year. By default in the clinic's time zone. */
export const dateTimeText = (time: string, zone = clinicZone()): string =>
  t.ui.when(formatDate(inZone(time, zone).toPlainDate()), formatTime(time, zone));

/**
 * A time in the clinic's time zone, and in the device's if its UTC offset differs. `format` chooses what is shown of it, by
 * default the date with its weekday and the time.
 */
export function DateTime({ time, format = formatDateTime }: { time: string; format?: (time: string, zone?: string) => string }) {
  return (
    <>
      <time dateTime={time}>{format(time)}</time>
      {offsetsDiffer(time) && <> <small>{t.ui.yourTime(format(time, deviceZone()))}</small></>}
    </>
  );
}

/** A time under the heading of its date. In the device's time zone the date may differ: then it shows the weekday too. */
export function TimeOfDay({ time }: { time: string }) {
  const sameDay = inZone(time, deviceZone()).toPlainDate().equals(dayOf(time));
  return (
    <>
      <time dateTime={time}>{formatTime(time)}</time>
      {offsetsDiffer(time) && <small>{t.ui.yourTime((sameDay ? formatTime : formatWeekdayTime)(time, deviceZone()))}</small>}
    </>
  );
}

/** Says in which time zone the page's times are, if it is not that of the user's device. */
export function ZoneNote() {
  if (!offsetsDiffer(now())) return null;
  return <p class="faint">{t.ui.clinicTime(clinicZone())}</p>;
}
