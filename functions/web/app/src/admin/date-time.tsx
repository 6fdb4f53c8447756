import { t } from "../language";
import { offsetsDiffer, deviceZone, formatDateTime } from "../time";

/** A time in the clinic's time zone, and in the device's if its UTC offset differs. */
export function DateTime({ time, format = formatDateTime }: { time: string; format?: (time: string, zone?: string) => string }) {
  return (
    <>
      <time dateTime={time}>{format(time)}</time>
      {offsetsDiffer(time) && <small class="yours">{t.ui.yourTime(format(time, deviceZone()))}</small>}
    </>
  );
}
