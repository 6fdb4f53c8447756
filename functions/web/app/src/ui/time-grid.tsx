import { useId } from "preact/hooks";
import "./booking.css";
import { t } from "../language";
import { inZone } from "../time";
import { Button } from "./button";
import { TimeOfDay } from "./time";

/** The parts of a day, by the hour at which each ends. */
const PARTS = [["morning", 12], ["afternoon", 17], ["evening", 24]] as const;

/** Times of one day as buttons, grouped by the part of the day. */
export function TimeGrid({ times, chosen, onChoose }: {
  times: readonly string[];
  chosen?: string | undefined;
  onChoose: (time: string) => void;
}) {
  const id = useId();
  let from = 0;
  return (
    <div class="section">
      {PARTS.map(([part, to]) => {
        const start = from;
        from = to;
        const within = times.filter((time) => start <= inZone(time).hour && inZone(time).hour < to);
        if (within.length === 0) return null;
        return (
          <div key={part} class="stack">
            <h4 class="legend" id={`${id}${part}`}>{t.slots[part]}</h4>
            <ul class="times" aria-labelledby={`${id}${part}`}>
              {within.map((time) => (
                <li key={time}>
                  <Button full pressed={chosen === undefined ? undefined : chosen === time} onClick={() => onChoose(time)}>
                    <TimeOfDay time={time} />
                  </Button>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </div>
  );
}
