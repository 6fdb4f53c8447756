import "./time-links.css";
import { dayOf, formatNearDay } from "../time";
import { LinkButton } from "./button";
import { TimeOfDay } from "./time";

/** A few times, each a link with its day. */
export const TimeLinks = ({ label, times, hrefOf }: {
  label: string;
  times: readonly string[];
  hrefOf: (time: string) => string;
}) => (
  <ul class="time-links" aria-label={label}>
    {times.map((time) => (
      <li key={time}>
        <LinkButton href={hrefOf(time)}>
          <span class="day">{formatNearDay(dayOf(time))}</span> <TimeOfDay time={time} />
        </LinkButton>
      </li>
    ))}
  </ul>
);
