import { t } from "../language";
import { differs, phoneZone, showMoment } from "../time";

/** A moment in the clinic's zone, and in the reader's where that is another. */
export const When = ({ time }: { time: string }) => (
  <>
    {showMoment(time)} {differs(time) && <small>{t.ui.yourTime(showMoment(time, phoneZone()))}</small>}
  </>
);
