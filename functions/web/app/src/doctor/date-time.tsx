import { t } from "../language";
import { offsetsDiffer, deviceZone, formatDateTime } from "../time";

/** A date and time in the clinic's time zone, and in the device's if its UTC offset differs. */
export const DateTime = ({ time }: { time: string }) => (
  <>
    {formatDateTime(time)} {offsetsDiffer(time) && <small>{t.ui.yourTime(formatDateTime(time, deviceZone()))}</small>}
  </>
);
