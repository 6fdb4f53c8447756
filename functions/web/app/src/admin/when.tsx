import { t } from "../language";
import { differs, phoneZone, showMoment } from "../time";

/** A time in the clinic's zone, and in the reader's where that is another. */
export function When({ time, show = showMoment }: { time: string; show?: (time: string, zone?: string) => string }) {
  return (
    <>
      <time dateTime={time}>{show(time)}</time>
      {differs(time) && <small class="yours">{t.ui.yourTime(show(time, phoneZone()))}</small>}
    </>
  );
}

/** What was done, said when it is. It is there before, or screen readers would not notice. */
export const Said = ({ text }: { text: string }) => <p role="status" class={text ? "notice good" : "said"}>{text}</p>;
