import { useEffect, useRef } from "preact/hooks";
import "./booking.css";
import { dateParts, type PlainDate } from "../time";
import { Button } from "./button";

type StripDay = {
  day: PlainDate;
  /** A few words about the day, such as how many times are free. */
  about: string;
  /** Whether the day cannot be chosen. */
  isOff: boolean;
};

/** A row of days of which one can be chosen. On a narrow screen it scrolls sideways, and shows the chosen day. */
export function DayStrip({ label, days, chosen, onChoose }: {
  label: string;
  days: readonly StripDay[];
  chosen: PlainDate | undefined;
  onChoose: (day: PlainDate) => void;
}) {
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const pressed = strip.current?.querySelector<HTMLElement>("[aria-pressed=true]");
    // Only sideways: `scrollIntoView` would scroll the page too.
    if (strip.current && pressed) strip.current.scrollLeft = pressed.offsetLeft - strip.current.offsetLeft - pressed.offsetWidth;
  }, [chosen?.toString()]);
  return (
    <div class="day-strip" role="group" aria-label={label} ref={strip}>
      {days.map(({ day, about, isOff }) => {
        const { weekday, day: number, month } = dateParts(day);
        return (
          // The visible text is the name, so that a voice command finds it (WCAG 2.2, 2.5.3).
          <Button key={day.toString()} pressed={chosen?.equals(day) ?? false} disabled={isOff} onClick={() => onChoose(day)}>
            <small>{weekday}</small> <b>{number}</b> <small>{month}</small> <small class="about">{about}</small>
          </Button>
        );
      })}
    </div>
  );
}
